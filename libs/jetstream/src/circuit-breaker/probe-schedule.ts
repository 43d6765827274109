/**
 * First part of each round, during which only events of the channel are pulled as probes. The duration of this part is a share of
 * the delay between rounds, up to a maximum.
 */
const HEAD_START = { share: 0.5, maxMs: 500 };

/** Origin of probes: only the channel, or also retries and replays. */
type Source = 'channel' | 'anywhere';

/** Lets up to `count` events arrive, either only from the channel or also from retries and replays. */
export type Probing = (count: number, from: Source) => void;

interface ProbeScheduleOptions {
  /** Delay before each round until the rounds have reached their maximum size, in milliseconds. */
  firstProbe: number;
  /** Maximum delay before a round, in milliseconds. */
  maxProbe: number;
  /** Maximum number of probes in a round. */
  maxProbes: number;
  probing: Probing;
}

/**
 * Decides when events are admitted as probes during a pause, and how many events are admitted.
 *
 * A round does not wait for the results of earlier probes, because a probe may hang. The number of probes doubles with each
 * round, so that faulty events do not block later events for long. After the rounds have reached their maximum size, the delay
 * between rounds doubles instead.
 */
export class ProbeSchedule {
  /** Number of probes that the current round may still admit. */
  private probes = 0;
  private from: Source = 'channel';
  private probesPerRound = 1;
  private delay = 0;
  private isOn = false;
  private roundTimer: NodeJS.Timeout | undefined;
  private headStartTimer: NodeJS.Timeout | undefined;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: ProbeScheduleOptions) {}

  begin(): void {
    this.isOn = true;
    this.probesPerRound = 1;
    this.delay = this.options.firstProbe;
    this.schedule();
  }

  end(): void {
    clearTimeout(this.roundTimer);
    clearTimeout(this.headStartTimer);
    this.isOn = false;
    this.probes = 0;
    this.wake();
  }

  /** Uses up one probe of the current round. Returns false if the round has no probe left. */
  admit(): boolean {
    if (this.probes === 0) return false;
    this.probes -= 1;
    return true;
  }

  /** Adds one probe to the current round. */
  grantProbe(): void {
    if (this.isOn) this.open(this.probes + 1, this.from);
  }

  /**
   * Resolves when the next round begins or the schedule ends. Resolves immediately if the schedule has not begun or has ended.
   */
  async waitForAdmission(): Promise<void> {
    if (this.isOn) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private schedule(): void {
    this.roundTimer = setTimeout(() => this.beginRound(), this.delay);
  }

  private beginRound(): void {
    const { maxProbes, maxProbe } = this.options;
    this.open(this.probesPerRound, 'channel');
    if (this.probesPerRound < maxProbes) this.probesPerRound = Math.min(this.probesPerRound * 2, maxProbes);
    else this.delay = Math.min(this.delay * 2, maxProbe);
    this.schedule();
    const headStart = Math.min(this.delay * HEAD_START.share, HEAD_START.maxMs);
    this.headStartTimer = setTimeout(() => this.open(this.probes, 'anywhere'), headStart);
    this.wake();
  }

  private open(probes: number, from: Source): void {
    this.probes = probes;
    this.from = from;
    if (probes > 0) this.options.probing(probes, from);
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
