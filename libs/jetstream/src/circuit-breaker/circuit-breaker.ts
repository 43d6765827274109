import { fault, isOptions, shown, timeFault, unknownFaults, withoutUndefined } from '../options.js';
import { ProbeSchedule, type Probing } from './probe-schedule.js';

/** When a processor pauses because nearly everything fails, and how it probes for the end of the fault. */
export interface PausePolicy {
  /** Number of different events that must fail, with no success in between. Default 20. */
  failures: number;
  /** Milliseconds within which they must fail. Default 30,000. */
  within: number;
  /**
   * Milliseconds before each round of probes. The first round has one event, each further round twice as many as the one before, up
   * to the processor's concurrency. After that, this time doubles with each round. Default 1,000.
   */
  firstProbe: number;
  /** Milliseconds between rounds of probes at most. Default 30,000. */
  maxProbe: number;
}

/** Number of events remembered because they met an outage. */
const MAX_REMEMBERED = 10_000;

const DEFAULTS: PausePolicy = { failures: 20, within: 30_000, firstProbe: 1_000, maxProbe: 30_000 };

/** Returns the faults of the option `pause`, one sentence each. */
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

/** Adds the defaults. Returns undefined if the processor must not pause. */
export function pausePolicyOf(option: Partial<PausePolicy> | false = {}): PausePolicy | undefined {
  return option === false ? undefined : { ...DEFAULTS, ...withoutUndefined(option) };
}

/** Admits an event as usual, admits it as a probe during a pause, or rejects it for now. */
export type Admission = 'normal' | 'probe' | 'rejected';

export interface BreakerListener {
  /** Called after `failures` different events failed, the last with `error`. Pulling must stop. */
  paused(since: Date, error: unknown, failures: number): void;
  probing: Probing;
  resumed(since: Date): void;
}

/**
 * Pauses one processor of one process after a run of failures. During the pause it admits only probes, and the first success ends
 * the pause. Failures during the pause use up no attempt. Rejected events are not kept here: they belong back to the broker, so
 * that other replicas get them.
 */
export class CircuitBreaker {
  /** Failed events since the last success: the time of failure by event id. */
  private readonly failed = new Map<string, number>();
  /** Events that met an outage: the value of `successes` at that time, by event id. */
  private readonly metOutages = new Map<string, number>();
  private successes = 0;
  /** When the pause began; undefined while the processor runs. */
  since: Date | undefined;
  private stopped = false;
  private readonly probes: ProbeSchedule;

  constructor(
    private readonly policy: PausePolicy,
    concurrency: number,
    private readonly listener: BreakerListener,
  ) {
    this.probes = new ProbeSchedule({ ...policy, maxProbes: concurrency, probing: listener.probing });
  }

  admit(): Admission {
    if (!this.since) return 'normal';
    return this.probes.admit() ? 'probe' : 'rejected';
  }

  /** Waits for the next probes or the end of the pause. Resolves to false if the service stops before. */
  async waitForAdmission(): Promise<boolean> {
    if (this.since) await this.probes.waitForAdmission();
    return !this.stopped;
  }

  /**
   * Notes a success. During a pause, a success that began before the pause proves nothing. For instance, the database may be down,
   * and the handler had read its row before.
   */
  succeeded(eventId: string, admission: Admission = 'probe'): void {
    if (this.since && admission === 'normal') return;
    this.successes += 1;
    // Clearing an empty map has a cost too, at each event.
    if (this.failed.size > 0) this.failed.clear();
    this.metOutages.delete(eventId);
    const { since } = this;
    if (!since) return;
    this.since = undefined;
    this.probes.end();
    this.listener.resumed(since);
  }

  /** Notes a failure that might not repeat at another attempt. Returns true if the attempt counts. */
  failedWith(eventId: string, error: unknown): boolean {
    if (this.since) return false;
    this.failed.set(eventId, Date.now());
    for (const [id, time] of this.failed) if (Date.now() - time > this.policy.within) this.failed.delete(id);
    if (this.failed.size >= this.policy.failures) this.pause(error);
    return true;
  }

  /**
   * Notes a failure that every other event would meet too, and pauses at once. Returns true if the attempt counts. It counts if the
   * same event met an outage before and other events have succeeded since: then the event itself is at fault.
   */
  metOutage(eventId: string, error: unknown): boolean {
    const before = this.metOutages.get(eventId);
    const isItsOwn = before !== undefined && before < this.successes;
    if (isItsOwn && !this.since) return this.failedWith(eventId, error);
    if (before === undefined) this.remember(eventId);
    if (this.since) return false;
    this.failed.set(eventId, Date.now());
    this.pause(error);
    return false;
  }

  /** Notes a fault of the event itself, which proves nothing about other events. A probe is replaced by another one. */
  inconclusive(admission: Admission): void {
    if (this.since && admission === 'probe') this.probes.grantProbe();
  }

  /** Admits no more probes. */
  stop(): void {
    this.stopped = true;
    this.probes.end();
  }

  private remember(eventId: string): void {
    this.metOutages.set(eventId, this.successes);
    const [oldest] = this.metOutages.keys();
    if (this.metOutages.size > MAX_REMEMBERED) this.metOutages.delete(oldest!);
  }

  private pause(error: unknown): void {
    // At a stop, events in flight end or fail by themselves.
    if (this.stopped) return;
    const since = new Date();
    this.since = since;
    this.probes.begin();
    this.listener.paused(since, error, this.failed.size);
  }
}
