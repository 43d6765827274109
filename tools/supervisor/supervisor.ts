import { Child } from './process/child.js';
import type { SupervisedPart } from './parts/supervised-part.js';

/** Parts that stop together. */
export interface PartGroup {
  /** Changes while the system runs: see {@link Supervisor.add}. */
  readonly parts: SupervisedPart[];
  /** Milliseconds that they get to stop in before they are killed. */
  readonly graceMs: number;
}

/** A part could not be started, so the system is not up. */
export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';

  constructor(
    readonly part: SupervisedPart,
    cause: unknown,
  ) {
    super(`${part.name} ${part.reason}`, { cause });
  }
}

/** Runs the parts of one system: starts all at once, keeps each running, stops them group after group. */
export class Supervisor {
  #stopping: Promise<void> | undefined;

  /**
   * @param stopOrder The groups, in the order in which they stop.
   * @param onStopped Called once, when all have stopped.
   */
  constructor(
    private readonly stopOrder: readonly PartGroup[],
    private readonly onStopped: () => void,
  ) {}

  get parts(): SupervisedPart[] {
    return this.stopOrder.flatMap(({ parts }) => parts);
  }

  /**
   * Starts every part; one that needs another's address waits for it by itself. Resolves when all are ready.
   *
   * @throws PartFailedError for the first part that does not start. The others are left as they are: stop them.
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

  /** Starts a part while others run. Never rejects: the part's state says what became of it. */
  async add(part: SupervisedPart, group: PartGroup): Promise<void> {
    if (this.#stopping) return;
    group.parts.push(part);
    await part.start().catch(() => undefined);
  }

  /** Stops a part for good while others run. */
  async remove(part: SupervisedPart, { parts, graceMs }: PartGroup): Promise<void> {
    await part.stop(graceMs);
    parts.splice(parts.indexOf(part), 1);
  }

  /** Stops every part, within the sum of the groups' grace times. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  /** Ends every part at once, also those that are starting or stopping. */
  kill(): void {
    for (const part of this.parts) part.kill();
    Child.killAll();
  }

  async #stopInOrder(): Promise<void> {
    for (const { parts, graceMs } of this.stopOrder) {
      await Promise.all(parts.map((part) => part.stop(graceMs)));
    }
    this.onStopped();
  }
}
