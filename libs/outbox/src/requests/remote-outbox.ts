import { outboxAnswersOf, outboxRequestsOf } from '@cascade/jetstream';
import { errors, nuid, type NatsConnection } from '@nats-io/transport-node';
import type { Asker, OutboxAnswer, OutboxChange, OutboxContent, OutboxRequest } from './outbox-requests.js';

/** Timeout for the answer of a service, in milliseconds. */
const ANSWER_WITHIN = 5_000;

/** Thrown if the service is not running, has no outbox, or may not subscribe to requests about its outbox. */
export class NoOutboxError extends Error {
  override readonly name = 'NoOutboxError';
  readonly operational = true;

  constructor(
    readonly source: string,
    options?: ErrorOptions,
  ) {
    super(
      `${source} does not answer requests about its outbox, because it is not running or has no outbox`,
      options,
    );
  }
}

/** Thrown if the service rejected a request, or could not carry the request out. */
export class OutboxRefusedError extends Error {
  override readonly name = 'OutboxRefusedError';
  /** Instructs the command line tools to print the message without the stack. */
  readonly operational = true;
}

/** Thrown if the service received a request but did not answer in time. The service may have carried out the request. */
export class OutboxTimeoutError extends Error {
  override readonly name = 'OutboxTimeoutError';
  readonly operational = true;

  constructor(source: string, options?: ErrorOptions) {
    super(
      `${source} did not answer for its outbox within ${ANSWER_WITHIN / 1_000} s: its database hangs, or it lacks the right to ` +
        `publish to ${outboxAnswersOf(source)}`,
      options,
    );
  }
}

/**
 * Reads and changes the outbox of a running service over NATS. Every method may throw {@link NoOutboxError}, {@link
 * OutboxRefusedError} or {@link OutboxTimeoutError}.
 */
export class RemoteOutbox {
  constructor(
    private readonly nats: NatsConnection,
    readonly source: string,
  ) {}

  /** @param limit Maximum number of set-aside events to return, up to 500. */
  show(limit: number): Promise<OutboxContent> {
    return this.ask({ do: 'show', limit });
  }

  /** @param ids Ids of the events. Default: all events that are set aside. */
  async putBack(ids: readonly string[] | undefined, asker: Asker): Promise<number> {
    const { changed } = await this.ask<OutboxChange>({ do: 'put-back', ...(ids ? { ids } : {}), ...asker });
    return changed;
  }

  async drop(ids: readonly string[], asker: Asker): Promise<number> {
    const { changed } = await this.ask<OutboxChange>({ do: 'drop', ids, ...asker });
    return changed;
  }

  private async ask<Answer extends OutboxAnswer>(request: OutboxRequest): Promise<Answer> {
    const options = {
      timeout: ANSWER_WITHIN,
      noMux: true,
      reply: outboxAnswersOf(this.source, nuid.next()),
    };
    const reply = await this.nats
      .request(outboxRequestsOf(this.source), JSON.stringify(request), options)
      .catch((error: Error) => {
        const isOf = (type: new (...args: never[]) => Error) =>
          [error, error.cause].some((reason) => reason instanceof type);
        if (isOf(errors.NoRespondersError)) throw new NoOutboxError(this.source, { cause: error });
        if (isOf(errors.TimeoutError)) throw new OutboxTimeoutError(this.source, { cause: error });
        throw error;
      });
    const answer = reply.json<OutboxAnswer>();
    if ('refused' in answer) throw new OutboxRefusedError(`${this.source}: ${answer.refused}`);
    return answer as Answer;
  }
}
