/** Messages of one stream, in order. */
export interface Source<Message> {
  readonly messages: AsyncIterable<Message>;
  /** Number of messages that were stored before the source was opened; Infinity if the source has no new messages. */
  readonly past: number;
}

/**
 * Merges the messages of several streams. Stored messages are ordered by time, and new messages follow as they arrive. Ends when
 * all sources have ended.
 */
export async function* merge<Message extends { readonly time: Date }>(
  sources: readonly Source<Message>[],
): AsyncGenerator<Message> {
  const lanes = new Set(sources.map((source) => new Lane(source)));
  for (;;) {
    await Promise.all([...lanes].filter(({ past }) => past > 0).map((lane) => lane.arrived));
    if (lanes.size > 0) await Promise.race([...lanes].map((lane) => lane.arrived));
    for (const lane of lanes) if (lane.ended) lanes.delete(lane);
    if (lanes.size === 0) return;
    const ready = [...lanes].filter(({ head }) => head);
    const oldest = ready.sort((a, b) => a.head!.time.getTime() - b.head!.time.getTime())[0];
    if (oldest) yield oldest.take();
  }
}

/** A source, and its next message. */
class Lane<Message> {
  head: Message | undefined;
  ended = false;
  /** Number of remaining stored messages. */
  past: number;
  /** Resolves when `head` is set, or the source has ended. */
  arrived: Promise<void>;
  private readonly iterator: AsyncIterator<Message>;

  constructor({ messages, past }: Source<Message>) {
    this.iterator = messages[Symbol.asyncIterator]();
    this.past = past;
    this.arrived = this.next();
  }

  take(): Message {
    const head = this.head!;
    this.head = undefined;
    this.past -= 1;
    this.arrived = this.next();
    return head;
  }

  private async next(): Promise<void> {
    const result: IteratorResult<Message, unknown> = await this.iterator.next();
    if (result.done) this.ended = true;
    else this.head = result.value;
  }
}
