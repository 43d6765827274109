import { fault, isOptions, shown, timeFault, unknownFaults, withoutUndefined } from '../options.js';
import { ProbeSchedule, type Probing } from './probe-schedule.js';

/** Settings for the pause of a processor after a run of failures, and for the probes that end the pause. */
export interface PausePolicy {
  /** Number of different events that must fail, with no success in between, before the processor pauses. Default 20. */
  failures: number;
  /** Period in which the `failures` events must fail, in milliseconds. Default 30,000. */
  within: number;
  /**
   * Delay before a round of probes, in milliseconds. The first round has one event. Each further round has twice as many events
   * as the previous round, up to the processor's concurrency. From then on, the delay doubles with each round. Default 1,000.
   */
  firstProbe: number;
  /** Maximum delay between rounds of probes, in milliseconds. Default 30,000. */
  maxProbe: number;
}

/** Maximum number of events for which the circuit breaker remembers an outage. */
const MAX_REMEMBERED = 10_000;

const DEFAULTS: PausePolicy = { failures: 20, within: 30_000, firstProbe: 1_000, maxProbe: 30_000 };

/** Returns one sentence for each fault of the option `pause`. */
export function pauseFaults(option: unknown): string[] {
  if (option === false || option === undefined) return [];
  if (!isOptions(option)) return [`pause must be false or an object, found ${shown(option)}`];
  const { failures, within, firstProbe, maxProbe } = { ...DEFAULTS, ...withoutUndefined(option) };
  return [
    ...unknownFaults('pause.', option, DEFAULTS),
    ...fault(
      !Number.isSafeInteger(failures) || failures < 1,
      `pause.failures must be a whole number of at least 1, found ${shown(failures)}`,
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

/** Returns the policy with its defaults filled in; undefined if the processor must never pause. */
export function pausePolicyOf(option: Partial<PausePolicy> | false = {}): PausePolicy | undefined {
  return option === false ? undefined : { ...DEFAULTS, ...withoutUndefined(option) };
}

/** Decision about an event: admitted as usual, admitted as a probe during a pause, or rejected for now. */
export type Admission = 'normal' | 'probe' | 'rejected';

export interface BreakerListener {
  /**
   * Called when the pause begins, after `failures` different events have failed. `error` is the error of the last of these
   * events. The listener must stop pulling.
   */
  paused(since: Date, error: unknown, failures: number): void;
  probing: Probing;
  resumed(since: Date): void;
}

/**
 * Pauses one processor of one process after a run of failures, or immediately because of an outage. During the pause, the circuit
 * breaker admits only probes, and the first successful probe ends the pause. A failed attempt uses up no attempt during the
 * pause, unless the event itself is at fault. Rejected events return to the broker, so that other replicas can handle them.
 */
export class CircuitBreaker {
  /**
   * Time of the latest failure of each event that has failed since the last success, by event id. Failures that are older than
   * `within` are removed at the next failure.
   */
  private readonly failed = new Map<string, number>();
  /** Value of `successes` when an event first failed because of an outage, by event id. */
  private readonly metOutages = new Map<string, number>();
  private successes = 0;
  private pausedSince: Date | undefined;
  private stopped = false;
  private readonly probes: ProbeSchedule;

  constructor(
    private readonly policy: PausePolicy,
    concurrency: number,
    private readonly listener: BreakerListener,
  ) {
    this.probes = new ProbeSchedule({ ...policy, maxProbes: concurrency, probing: listener.probing });
  }

  /** Start time of the pause; undefined while the processor is not paused. */
  get since(): Date | undefined {
    return this.pausedSince;
  }

  admit(): Admission {
    if (!this.pausedSince) return 'normal';
    return this.probes.admit() ? 'probe' : 'rejected';
  }

  /**
   * Waits for the next round of probes or for the end of the pause. Outside a pause, resolves immediately. Resolves to false if
   * {@link stop} has been called.
   */
  async waitForAdmission(): Promise<boolean> {
    if (this.pausedSince) await this.probes.waitForAdmission();
    return !this.stopped;
  }

  /**
   * Records a success. During a pause, the success of an attempt that began before the pause is ignored. Such a success does not
   * prove that new attempts would succeed. For instance, the handler may have read its row before the database went down.
   */
  succeeded(eventId: string, admission: Admission = 'probe'): void {
    if (this.pausedSince && admission === 'normal') return;
    this.successes += 1;
    // Clearing even an empty map would cost time for each event.
    if (this.failed.size > 0) this.failed.clear();
    this.metOutages.delete(eventId);
    const since = this.pausedSince;
    if (!since) return;
    this.pausedSince = undefined;
    this.probes.end();
    this.listener.resumed(since);
  }

  /**
   * Records a failure after which another attempt may succeed. Returns true if the attempt counts. During a pause, records
   * nothing and returns false.
   */
  failedWith(eventId: string, error: unknown): boolean {
    if (this.pausedSince) return false;
    this.failed.set(eventId, Date.now());
    for (const [id, time] of this.failed) if (Date.now() - time > this.policy.within) this.failed.delete(id);
    if (this.failed.size >= this.policy.failures) this.pause(error);
    return true;
  }

  /**
   * Records a failure that would affect every other event too, and pauses immediately. Returns true if the attempt counts. The
   * attempt counts only outside a pause. In addition, the same event must have failed because of an outage before, and other
   * events must have succeeded since. In this case, the event itself is at fault, and the failure is recorded like any other
   * failure.
   */
  metOutage(eventId: string, error: unknown): boolean {
    const before = this.metOutages.get(eventId);
    const isItsOwn = before !== undefined && before < this.successes;
    if (isItsOwn && !this.pausedSince) return this.failedWith(eventId, error);
    if (before === undefined) this.remember(eventId);
    if (this.pausedSince) return false;
    this.failed.set(eventId, Date.now());
    this.pause(error);
    return false;
  }

  /**
   * Records a fault of the event itself, which proves nothing about other events. A probe with such a fault is replaced by
   * another probe.
   */
  inconclusive(admission: Admission): void {
    if (this.pausedSince && admission === 'probe') this.probes.grantProbe();
  }

  /** Stops admitting probes, ends every {@link waitForAdmission}, and prevents further pauses. */
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
    // After a stop, a pause would have no effect, because no more events are pulled.
    if (this.stopped) return;
    const since = new Date();
    this.pausedSince = since;
    this.probes.begin();
    this.listener.paused(since, error, this.failed.size);
  }
}
