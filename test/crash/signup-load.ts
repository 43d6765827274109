import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { eventually } from '@cascade/testing';

const TICK_MS = 20;
const ANSWER_WITHIN_MS = 15_000;
const RETRY_AFTER_MS = 500;
/** Maximum number of requests in flight. At this limit, the next request waits for a response. */
const MOST_UNDER_WAY = 100;

export interface SignupLoadOptions {
  /** URLs of the replicas of the signup service. The requests go to each replica in turn. */
  readonly urls: readonly string[];
  /** Number of requests per second, including repeated requests. Repeated requests are sent before new signups. */
  readonly rate: number;
}

interface Client {
  readonly key: string;
  readonly email: string;
  /** Earliest time at which the client repeats its request, as a value of `performance.now()`. */
  notBefore: number;
}

/**
 * Clients that sign up, each with a different address. A client repeats its request with the same idempotency key until the
 * response is 202. Every signup is therefore acknowledged eventually, and counted once.
 */
export class SignupLoad {
  /** Addresses of the signups that were acknowledged with a 202 response, by signup id. */
  readonly acknowledged = new Map<string, string>();
  /** Number of requests without a 202 response, by status. The status is `none` if no valid response arrived. */
  readonly otherAnswers = new Map<string, number>();
  /** Duration of the slowest request by status, in milliseconds. */
  readonly slowest = new Map<string, number>();
  /** Clients that will repeat their requests. The client that has waited longest comes first. */
  private readonly waiting: Client[] = [];
  private underWay = 0;
  private requests = 0;
  private offering = true;
  private due = 0;
  private last = performance.now();
  private readonly timer: NodeJS.Timeout;

  /** Starts the load immediately. */
  constructor(private readonly options: SignupLoadOptions) {
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Sends one signup immediately, in addition to the signups at the configured rate. */
  offer(): void {
    void this.ask(newClient());
  }

  stopOffering(): void {
    this.offering = false;
  }

  /**
   * Stops offering new signups, and waits until all signups are acknowledged.
   *
   * @throws Error if a signup is not acknowledged within 60 s
   */
  async finish(): Promise<void> {
    this.stopOffering();
    await eventually(
      () => {
        const left = this.waiting.length + this.underWay;
        if (left > 0) throw new Error(`${left} signups are not acknowledged: ${this.answers()}`);
      },
      { timeout: 60_000 },
    );
  }

  /** Stops immediately, without waiting for unacknowledged signups. */
  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = performance.now();
    this.due = Math.min(this.due + ((now - this.last) / 1_000) * this.options.rate, MOST_UNDER_WAY);
    this.last = now;
    const next = () => {
      if ((this.waiting[0]?.notBefore ?? Infinity) <= now) return this.waiting.shift();
      return this.offering ? newClient() : undefined;
    };
    for (; this.due >= 1 && this.underWay < MOST_UNDER_WAY; this.due -= 1) {
      const client = next();
      if (client) void this.ask(client);
    }
  }

  private async ask(client: Client): Promise<void> {
    this.underWay += 1;
    const id = await this.request(client);
    this.underWay -= 1;
    if (id) this.acknowledged.set(id, client.email);
    else this.waiting.push({ ...client, notBefore: performance.now() + RETRY_AFTER_MS });
  }

  private async request({ key, email }: Client): Promise<string | undefined> {
    const begun = performance.now();
    const answered = (status: string) => {
      this.slowest.set(status, Math.max(this.slowest.get(status) ?? 0, performance.now() - begun));
      if (status !== '202') this.otherAnswers.set(status, (this.otherAnswers.get(status) ?? 0) + 1);
    };
    const { urls } = this.options;
    const url = urls[this.requests++ % urls.length]!;
    try {
      const response = await fetch(`${url}/signups`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ email, name: 'Ada' }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const body = (await response.json()) as { id?: string };
      answered(String(response.status));
      return response.status === 202 ? body.id : undefined;
    } catch {
      answered('none');
      return undefined;
    }
  }

  private answers(): string {
    return [...this.otherAnswers].map(([status, count]) => `${count} × ${status}`).join(', ');
  }
}

function newClient(): Client {
  const key = randomUUID();
  return { key, email: `${key}@example.com`, notBefore: 0 };
}
