import autocannon, { type Request, type Result } from 'autocannon';
import { randomUUID } from 'node:crypto';

export interface Answers {
  /** Number of 202 responses per second. */
  readonly rate: number;
  /** 50th percentile of the response times, in milliseconds. */
  readonly p50: number;
  /** 99th percentile of the response times, in milliseconds. */
  readonly p99: number;
}

export interface PostOptions {
  readonly connections: number;
  /** Duration of the load, in seconds. */
  readonly duration?: number;
  /** Number of requests, instead of a duration. */
  readonly amount?: number;
}

/** Returns the body of a signup with a unique address. */
export function newSignup(): string {
  return JSON.stringify({ email: `${randomUUID()}@example.com`, name: 'Ada Lovelace' });
}

/** Posts signups, one at a time on each connection. */
export async function postSignups(
  url: string,
  { connections, duration, amount }: PostOptions,
): Promise<Answers> {
  const request: Request = {
    method: 'POST',
    path: '/signups',
    headers: { 'content-type': 'application/json' },
    setupRequest: (prepared) => ({ ...prepared, body: newSignup() }),
  };
  const result: Result = await autocannon({
    url,
    connections,
    requests: [request],
    ...(duration ? { duration } : {}),
    ...(amount ? { amount } : {}),
  });
  if (result.non2xx + result.errors > 0) {
    throw new Error(`${result.non2xx} signups were refused and ${result.errors} failed`);
  }
  const { p50, p99 } = result.latency;
  return { rate: result['2xx'] / result.duration, p50, p99 };
}
