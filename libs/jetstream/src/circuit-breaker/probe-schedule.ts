/** By so much of a round, and so many ms at most, never tried events are ahead of those that were put back. */
const HEAD_START = { share: 0.5, most: 500 };

/** At most `count` events are to come: from the channel, or from anywhere once the channel had its head start. */
export type Probing = (count: number, from: 'channel' | 'anywhere') => void;

export interface ProbeScheduleOptions {
  /** Milliseconds before each round, until rounds are as wide as they get. */
  firstProbe: number;
  /** Milliseconds before a round at most. */
  maxProbe: number;
  /** Probes in a round at most. */
  maxProbes: number;
  probing: Probing;
}

/**
 * When events may try whether things work again, and how many. Rounds follow the clock and wait for no answer, since a probe
 * may hang. Each is twice as wide as the one before, so that events that fail by themselves do not stand in the way of those
 * behind them for long; once a round is as wide as it gets, rounds become rarer.
 */
export class ProbeSchedule {
  private places = 0;
  private from: 'channel' | 'anywhere' = 'channel';
  private width = 1;
  private delay = 0;
  private isOn = false;
  private roundTimer: NodeJS.Timeout | undefined;
  private headStartTimer: NodeJS.Timeout | undefined;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: ProbeScheduleOptions) {}

  begin(): void {
    this.isOn = true;
    this.width = 1;
    this.delay = this.options.firstProbe;
    this.schedule();
  }

  end(): void {
    clearTimeout(this.roundTimer);
    clearTimeout(this.headStartTimer);
    this.isOn = false;
    this.places = 0;
    this.wake();
  }

  /** Takes one of the round's places. Answers false where none is left. */
  admit(): boolean {
    if (this.places === 0) return false;
    this.places -= 1;
    return true;
  }

  /** Gives the round one more place. */
  grantProbe(): void {
    if (this.isOn) this.open(this.places + 1, this.from);
  }

  /** Resolves when the next round begins, or when there will be none. */
  async waitForAdmission(): Promise<void> {
    if (this.isOn) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private schedule(): void {
    this.roundTimer = setTimeout(() => this.round(), this.delay);
  }

  private round(): void {
    const { maxProbes, maxProbe } = this.options;
    this.open(this.width, 'channel');
    if (this.width < maxProbes) this.width = Math.min(this.width * 2, maxProbes);
    else this.delay = Math.min(this.delay * 2, maxProbe);
    this.schedule();
    const headStart = Math.min(this.delay * HEAD_START.share, HEAD_START.most);
    this.headStartTimer = setTimeout(() => this.open(this.places, 'anywhere'), headStart);
    this.wake();
  }

  private open(places: number, from: 'channel' | 'anywhere'): void {
    this.places = places;
    this.from = from;
    if (places > 0) this.options.probing(places, from);
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
