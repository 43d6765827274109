import { fault, isOptions, shown, timeFault, unknownFaults, withoutUndefined } from '../options.js';
import { ProbeSchedule, type Probing } from './probe-schedule.js';

/** When a processor stops taking events because nearly everything fails, and how it finds out that it may go on. */
export interface PausePolicy {
  /** Different events that must fail, with no success in between. Default 20. */
  failures: number;
  /** Milliseconds within which they must fail. Default 30,000. */
  within: number;
  /**
   * Milliseconds before each round of probes, the first of which has one event, each further one twice as many as the one
   * before, up to the processor's concurrency. From then on this time doubles with each round. Default 1,000.
   */
  firstProbe: number;
  /** Milliseconds between rounds of probes at most. Default 30,000. */
  maxProbe: number;
}

/** Events remembered for having met an outage. */
const MOST_REMEMBERED = 10_000;

const DEFAULTS: PausePolicy = { failures: 20, within: 30_000, firstProbe: 1_000, maxProbe: 30_000 };

/** What cannot work in the option, one sentence each. */
export function pauseFaults(option: unknown): string[] {
  if (option === false || option === undefined) return [];
  if (!isOptions(option)) return [`pause must be false or an object, found ${shown(option)}`];
  const { failures, within, firstProbe, maxProbe } = { ...DEFAULTS, ...withoutUndefined(option) };
  return [
    ...unknownFaults('pause.', option, DEFAULTS),
    ...fault(
      !Number.isSafeInteger(failures) || failures < 1,
      `pause.failures must be a whole number from 1, found ${shown(failures)}`,
    ),
    ...timeFault('pause.within', within),
    ...timeFault('pause.firstProbe', firstProbe),
    ...timeFault('pause.maxProbe', maxProbe),
    ...fault(
      maxProbe < firstProbe,
      `pause.maxProbe (${shown(maxProbe)}) must not be below pause.firstProbe (${shown(firstProbe)})`,
    ),
  ];
}

/** The policy with its defaults; none where pausing is turned off. */
export function pausePolicyOf(option: Partial<PausePolicy> | false = {}): PausePolicy | undefined {
  return option === false ? undefined : { ...DEFAULTS, ...withoutUndefined(option) };
}

/** How an event gets in: like any other, as one that tries whether things work again, or not for the time being. */
export type Admission = 'normal' | 'probe' | 'rejected';

export interface BreakerListener {
  /** After `failures` different events failed, the last with `error`. No more events are to come. */
  paused(since: Date, error: unknown, failures: number): void;
  probing: Probing;
  resumed(since: Date): void;
}

/**
 * Watches one processor in one process. After a run of failures it lets nothing in but probes, and goes on as soon as one
 * succeeds. What fails meanwhile has used no attempt. It holds nothing: whatever is not let in belongs back to the broker,
 * where other replicas find it.
 */
export class CircuitBreaker {
  /** Failed events since the last success: id and time. */
  private readonly failed = new Map<string, number>();
  /** Events that met an outage: id, and how many successes there had been. */
  private readonly metOutages = new Map<string, number>();
  private successes = 0;
  private pausedSince: Date | undefined;
  private stopped = false;
  private readonly probes: ProbeSchedule;

  constructor(
    private readonly policy: PausePolicy,
    concurrency: number,
    private readonly listener: BreakerListener,
    private readonly now: () => number = Date.now,
  ) {
    this.probes = new ProbeSchedule({ ...policy, maxProbes: concurrency, probing: listener.probing });
  }

  get since(): Date | undefined {
    return this.pausedSince;
  }

  admit(): Admission {
    if (!this.pausedSince) return 'normal';
    return this.probes.admit() ? 'probe' : 'rejected';
  }

  /** Waits for the next probes or the end of the pause. Answers false where neither comes, since the service stops. */
  async waitForAdmission(): Promise<boolean> {
    if (this.pausedSince) await this.probes.waitForAdmission();
    return !this.stopped;
  }

  /**
   * Notes a success. One that began before the pause says nothing: what is missing now it may have had by then, as a handler
   * that has read its row and still waits for a mail server.
   */
  succeeded(eventId: string, admission: Admission = 'probe'): void {
    if (this.pausedSince && admission === 'normal') return;
    this.successes += 1;
    // Clearing an empty one costs as well, at each event.
    if (this.failed.size > 0) this.failed.clear();
    this.metOutages.delete(eventId);
    const since = this.pausedSince;
    if (!since) return;
    this.pausedSince = undefined;
    this.probes.end();
    this.listener.resumed(since);
  }

  /** Notes a failure that another attempt might mend. Answers whether the attempt counts. */
  failedWith(eventId: string, error: unknown): boolean {
    if (this.pausedSince) return false;
    this.failed.set(eventId, this.now());
    for (const [id, time] of this.failed) if (this.now() - time > this.policy.within) this.failed.delete(id);
    if (this.failed.size >= this.policy.failures) this.pause(error);
    return true;
  }

  /**
   * Notes a failure that every other event would meet too: pauses at once. Answers whether the attempt counts: it does where
   * the event meets an outage again although others have succeeded since, for then it lies in the event.
   */
  metOutage(eventId: string, error: unknown): boolean {
    const before = this.metOutages.get(eventId);
    const isItsOwn = before !== undefined && before < this.successes;
    if (isItsOwn && !this.pausedSince) return this.failedWith(eventId, error);
    if (before === undefined) this.remember(eventId);
    if (this.pausedSince) return false;
    this.failed.set(eventId, this.now());
    this.pause(error);
    return false;
  }

  /** The event itself was at fault, which says nothing of the rest: another one is tried. */
  inconclusive(admission: Admission): void {
    if (this.pausedSince && admission === 'probe') this.probes.grantProbe();
  }

  /** Where it is paused it lets nothing in any more. */
  stop(): void {
    this.stopped = true;
    this.probes.end();
  }

  private remember(eventId: string): void {
    this.metOutages.set(eventId, this.successes);
    const [oldest] = this.metOutages.keys();
    if (this.metOutages.size > MOST_REMEMBERED) this.metOutages.delete(oldest!);
  }

  private pause(error: unknown): void {
    // What is in hand is left to end, or to fail, by itself.
    if (this.stopped) return;
    const since = new Date(this.now());
    this.pausedSince = since;
    this.probes.begin();
    this.listener.paused(since, error, this.failed.size);
  }
}
