/** Part of the delay between rounds, and at most this many ms, in which only events of the channel are pulled as probes. */
const HEAD_START = { share: 0.5, maxMs: 500 };

/** Events of the channel, or also retries and replays. */
type Source = 'channel' | 'anywhere';

/** Lets at most `count` events arrive: from the channel, or from anywhere after the channel's head start. */
export type Probing = (count: number, from: Source) => void;

interface ProbeScheduleOptions {
  /** Milliseconds before each round while rounds still grow. */
  firstProbe: number;
  /** Milliseconds before a round at most. */
  maxProbe: number;
  /** Probes in a round at most. */
  maxProbes: number;
  probing: Probing;
}

/**
 * Decides when events may probe whether things work again, and how many.
 *
 * Rounds follow the clock and do not wait for results, because a probe may hang. Each round has twice as many probes as the one
 * before, so that events with a fault of their own do not block the events behind them for long. At the maximum, the delay between
 * rounds doubles instead.
 */
export class ProbeSchedule {
  /** Probes that the round may still admit. */
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

  /** Uses up one probe of the round. Returns false if none is left. */
  admit(): boolean {
    if (this.probes === 0) return false;
    this.probes -= 1;
    return true;
  }

  /** Adds one probe to the round. */
  grantProbe(): void {
    if (this.isOn) this.open(this.probes + 1, this.from);
  }

  /** Resolves when the next round begins, or when the schedule ends. */
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
