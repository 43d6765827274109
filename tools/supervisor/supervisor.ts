import { Child } from './process/child.js';
import type { SupervisedPart } from './parts/supervised-part.js';

export interface PartGroup {
  /** Parts of the group, which {@link Supervisor.add} and {@link Supervisor.remove} change. */
  readonly parts: SupervisedPart[];
  /** Time after which stopping parts are killed, in milliseconds. */
  readonly graceMs: number;
}

/** Error for a part that could not start. Without this part, the system cannot become ready. */
export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';

  constructor(
    readonly part: SupervisedPart,
    cause: unknown,
  ) {
    super(`${part.name} ${part.reason}`, { cause });
  }
}

/**
 * Runs the parts of one system. Starts all parts at the same time, keeps each part running, and stops the parts group by group.
 */
export class Supervisor {
  private stopping: Promise<void> | undefined;

  /**
   * @param stopOrder Groups, in the order in which they stop.
   * @param onStopped Called once when all parts have stopped.
   */
  constructor(
    private readonly stopOrder: readonly PartGroup[],
    private readonly onStopped: () => void,
  ) {}

  get parts(): SupervisedPart[] {
    return this.stopOrder.flatMap(({ parts }) => parts);
  }

  /**
   * Starts every part. A part that needs the address of another part waits for this address. Resolves when all parts are ready.
   *
   * @throws PartFailedError for the first part that does not start. Call `stop` to end the other parts.
   */
  async start(): Promise<void> {
    await Promise.all(
      this.parts.map(async (part) => {
        try {
          await part.start();
        } catch (error) {
          throw new PartFailedError(part, error);
        }
      }),
    );
  }

  /**
   * Starts a part while other parts run. Does nothing if the system is stopping. Never rejects, because the part's state shows a
   * failure.
   */
  async add(part: SupervisedPart, group: PartGroup): Promise<void> {
    if (this.stopping) return;
    group.parts.push(part);
    await part.start().catch(() => undefined);
  }

  async remove(part: SupervisedPart, { parts, graceMs }: PartGroup): Promise<void> {
    await part.stop(graceMs);
    parts.splice(parts.indexOf(part), 1);
  }

  /** Stops every part, within the sum of the groups' grace periods. A second call waits for the same stop. */
  stop(): Promise<void> {
    this.stopping ??= this.stopInOrder();
    return this.stopping;
  }

  /** Kills every part, including parts that are starting or stopping. */
  kill(): void {
    for (const part of this.parts) part.kill();
    Child.killAll();
  }

  private async stopInOrder(): Promise<void> {
    for (const { parts, graceMs } of this.stopOrder) {
      await Promise.all(parts.map((part) => part.stop(graceMs)));
    }
    this.onStopped();
  }
}
