import type { Delivery } from '../settle/delivery.js';
import type { Exclusion } from './exclusion.js';
import type { Redelivery } from '../settle/redelivery.js';

/** Milliseconds within which the message of the attempt comes back here, unless another replica has got it. */
const COMES_WITHIN = 2_000;

/**
 * Makes the last attempts of suspects, one at a time, with nothing else at work in the process.
 *
 * The broker counts deliveries, and counts them also where the process dies before it has begun. So a suspect waits under a
 * subject where deliveries do not count, until everything else rests; then it is published anew under one where they do, and
 * comes back at once. What ends the process at that point is the suspect itself, or comes from outside.
 */
export class Suspects {
  /** Called when the message of the attempt is here, by key of the attempts. */
  private readonly expected = new Map<string, (attempt: Promise<void>) => void>();

  /** @param attempt makes the attempt and settles the delivery */
  constructor(
    private readonly exclusion: Exclusion,
    private readonly redelivery: Pick<Redelivery, 'publishAlone' | 'setApart'>,
    private readonly attempt: (delivery: Delivery) => Promise<void>,
  ) {}

  async process(delivery: Delivery): Promise<void> {
    if (delivery.suspectState === 'suspect') return this.exclusion.runAlone(() => this.prepare(delivery));
    const expect = this.expected.get(delivery.retryKey);
    if (!expect) return this.processUnexpected(delivery);
    const attempt = this.attempt(delivery);
    expect(attempt);
    return attempt;
  }

  /** From another replica, from before a crash, or late. */
  private async processUnexpected(delivery: Delivery): Promise<void> {
    // Where something else is at work it must not wait here: were the process to die of that, this would count.
    const mustWait = delivery.deliveries === 1 && !this.exclusion.isIdle;
    if (mustWait && (await this.redelivery.setApart(delivery))) return;
    return this.exclusion.runAlone(() => this.attempt(delivery));
  }

  private async prepare(delivery: Delivery): Promise<void> {
    const { retryKey } = delivery;
    let timer: NodeJS.Timeout | undefined;
    const attempted = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, COMES_WITHIN);
      this.expected.set(retryKey, (attempt) => {
        clearTimeout(timer);
        // How it ends is told where the message is processed.
        attempt.then(resolve, resolve);
      });
    });
    try {
      if (!(await this.redelivery.publishAlone(delivery))) return await this.attempt(delivery);
      delivery.acknowledge();
      await attempted;
    } finally {
      clearTimeout(timer);
      this.expected.delete(retryKey);
    }
  }
}
