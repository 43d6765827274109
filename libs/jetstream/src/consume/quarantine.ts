import type { Delivery } from '../settle/delivery.js';
import type { SharedExclusiveLock } from './shared-exclusive-lock.js';
import type { Redelivery } from '../settle/redelivery.js';

/**
 * Time to wait for the isolated message, in milliseconds. If the message has not arrived by then, another replica has probably
 * received it.
 */
const ARRIVAL_TIMEOUT_MS = 2_000;

/** Attempts the event and settles its delivery. */
type Attempt = () => Promise<unknown>;

/**
 * Makes the last attempt of each event that was in flight at a crash and has one attempt left. Only one such attempt runs at a
 * time, and nothing else runs in the process.
 *
 * The broker counts each delivery, even if the process dies before the attempt begins. Therefore an event first waits on a
 * quarantine subject, whose deliveries do not count, until nothing else runs. Then the event is published on an isolated subject,
 * whose deliveries count, and arrives immediately. A crash during this attempt is caused either by the event itself or from
 * outside.
 */
export class Quarantine {
  /** Callbacks for the arrival of isolated messages, by retry key. */
  private readonly expected = new Map<string, (attempt: Promise<unknown>) => void>();

  constructor(
    private readonly lock: SharedExclusiveLock,
    private readonly redelivery: Pick<Redelivery, 'publishIsolated' | 'quarantine'>,
  ) {}

  async process(delivery: Delivery, attempt: Attempt): Promise<void> {
    if (delivery.quarantineStage === 'quarantine')
      return this.lock.runExclusive(() => this.isolate(delivery, attempt));
    const expect = this.expected.get(delivery.retryKey);
    if (!expect) return this.processUnexpected(delivery, attempt);
    const attempting = attempt();
    expect(attempting);
    await attempting;
  }

  /** Handles an isolated message that another replica published, or that arrives after a crash or too late. */
  private async processUnexpected(delivery: Delivery, attempt: Attempt): Promise<void> {
    // If other work crashed the process while the message waits here, the crash would be counted against the message.
    const mustWait = delivery.deliveries === 1 && !this.lock.isIdle;
    if (mustWait && (await this.redelivery.quarantine(delivery))) return;
    await this.lock.runExclusive(attempt);
  }

  private async isolate(delivery: Delivery, attempt: Attempt): Promise<void> {
    const { retryKey } = delivery;
    let timer: NodeJS.Timeout | undefined;
    const attempted = new Promise<unknown>((resolve) => {
      timer = setTimeout(resolve, ARRIVAL_TIMEOUT_MS);
      this.expected.set(retryKey, (attempting) => {
        clearTimeout(timer);
        // The error is reported by the `process` call for the isolated message.
        attempting.then(resolve, resolve);
      });
    });
    try {
      if (await this.redelivery.publishIsolated(delivery)) {
        delivery.acknowledge();
        await attempted;
      } else await attempt();
    } finally {
      clearTimeout(timer);
      this.expected.delete(retryKey);
    }
  }
}
