/** When a processor stops taking events because nearly everything fails, and how it finds out that it may go on. */
export interface PausePolicy {
  /** Different events that must fail, with no success in between. Default 20. */
  failures: number;
  /** Milliseconds within which they must fail. Default 30,000. */
  within: number;
  /** Milliseconds before the first probe, doubled with each that fails. Default 1,000. */
  firstProbe: number;
  /** Milliseconds between probes at most. Default 30,000. */
  maxProbe: number;
}

const DEFAULTS: PausePolicy = { failures: 20, within: 30_000, firstProbe: 1_000, maxProbe: 30_000 };

/** What cannot work in a policy, one sentence each. */
export function pauseFaults(policy: PausePolicy | undefined): string[] {
  if (!policy) return [];
  const { failures, within, firstProbe, maxProbe } = policy;
  return [
    ...(Number.isSafeInteger(failures) && failures >= 1
      ? []
      : [`pause.failures must be a whole number from 1, found ${failures}`]),
    ...(within > 0 && firstProbe > 0
      ? []
      : [`pause.within and pause.firstProbe must be above 0 ms, found ${within} and ${firstProbe}`]),
    ...(maxProbe >= firstProbe
      ? []
      : [`pause.maxProbe (${maxProbe}) must not be below pause.firstProbe (${firstProbe})`]),
  ];
}

/** The policy with its defaults; none where pausing is turned off. */
export function pausePolicyOf(option: Partial<PausePolicy> | false = {}): PausePolicy | undefined {
  return option === false ? undefined : { ...DEFAULTS, ...option };
}

/** How an event got through: as the one that tries whether things work again, or as any other. */
export type Passage = 'normal' | 'probe';

export interface PauseListener {
  /** After `failures` different events failed, the last with `error`. */
  paused(since: Date, error: unknown, failures: number): void;
  /** Let one event come: it will be the probe. */
  probing(): void;
  resumed(since: Date): void;
}

/** The service stopped while the event waited for the end of a pause. */
export class StoppedWhilePausedError extends Error {
  override readonly name = 'StoppedWhilePausedError';
}

/**
 * Watches one processor in one process. After a run of failures it holds back every event; after a while it lets one
 * through, and goes on as soon as one succeeds. What fails meanwhile has used no attempt.
 */
export class ProcessorPause {
  /** Failed events since the last success: id and time. */
  private readonly failed = new Map<string, number>();
  private readonly held: { pass: (passage: Passage) => void; drop: (error: Error) => void }[] = [];
  private pausedSince: Date | undefined;
  private probeIsDue = false;
  private delay = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly policy: PausePolicy,
    private readonly listener: PauseListener,
    private readonly now: () => number = Date.now,
  ) {}

  get since(): Date | undefined {
    return this.pausedSince;
  }

  /**
   * Waits while the processor is paused.
   *
   * @throws StoppedWhilePausedError
   */
  async enter(): Promise<Passage> {
    if (!this.pausedSince) return 'normal';
    if (this.probeIsDue) {
      this.probeIsDue = false;
      return 'probe';
    }
    return new Promise((pass, drop) => this.held.push({ pass, drop }));
  }

  succeeded(): void {
    this.failed.clear();
    const since = this.pausedSince;
    if (!since) return;
    clearTimeout(this.timer);
    this.pausedSince = undefined;
    this.probeIsDue = false;
    for (const { pass } of this.held.splice(0)) pass('normal');
    this.listener.resumed(since);
  }

  /** Notes a failure that another attempt might mend. Answers whether the attempt counts. */
  failedWith(eventId: string, error: unknown, passage: Passage): boolean {
    if (this.failedWhilePaused(passage)) return false;
    this.failed.set(eventId, this.now());
    for (const [id, time] of this.failed) if (this.now() - time > this.policy.within) this.failed.delete(id);
    if (this.failed.size >= this.policy.failures) this.pause(error);
    return true;
  }

  /** Notes a failure that every other event would meet too: pauses at once. Answers that the attempt does not count. */
  metOutage(eventId: string, error: unknown, passage: Passage): false {
    if (this.failedWhilePaused(passage)) return false;
    this.failed.set(eventId, this.now());
    this.pause(error);
    return false;
  }

  /** The event itself was at fault, which says nothing of the rest: another one is tried. */
  inconclusive(passage: Passage): void {
    if (this.pausedSince && passage === 'probe') this.scheduleProbe(0);
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const { drop } of this.held.splice(0))
      drop(new StoppedWhilePausedError('stopped while the processor was paused'));
  }

  private failedWhilePaused(passage: Passage): boolean {
    if (!this.pausedSince) return false;
    if (passage === 'probe') this.scheduleProbe(Math.min(this.delay * 2, this.policy.maxProbe));
    return true;
  }

  private pause(error: unknown): void {
    const since = new Date(this.now());
    this.pausedSince = since;
    this.scheduleProbe(this.policy.firstProbe);
    this.listener.paused(since, error, this.failed.size);
  }

  private scheduleProbe(delay: number): void {
    this.delay = Math.max(delay, this.policy.firstProbe);
    this.timer = setTimeout(() => this.probe(), delay);
  }

  private probe(): void {
    const next = this.held.shift();
    if (next) next.pass('probe');
    else {
      this.probeIsDue = true;
      this.listener.probing();
    }
  }
}
