import { readGreeting } from './greeting.js';
import { isTooOld, MINIMUM_VERSION } from './version.js';

/** Thrown if the broker that `NATS_URL` names cannot be used. */
export class UnusableBrokerError extends Error {
  /** Instructs the command line tools to print the message without the stack. */
  readonly operational = true;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UnusableBrokerError';
  }
}

/**
 * Checks that a broker answers and is new enough. The check reads only the greeting that a server sends before the login. The
 * check therefore needs no credentials, and does not try the credentials in the URL.
 *
 * @param servers URL, or several URLs that are separated by commas, as in `NATS_URL`. The first server that answers is checked.
 * @param timeout Timeout for each server, in milliseconds.
 * @throws UnusableBrokerError if a URL is malformed, if no server answers, or if the version is older than
 *   {@link MINIMUM_VERSION}
 */
export async function checkBroker(servers: string, { timeout = 3_000 } = {}): Promise<{ version: string }> {
  const failures: string[] = [];
  for (const text of servers.split(',')) {
    const { hostname, port } = parse(text.trim());
    const address = `${hostname}:${port}`;
    try {
      const { version } = await readGreeting(hostname.replace(/^\[|\]$/g, ''), port, timeout);
      if (!isTooOld(version)) return { version };
      throw new UnusableBrokerError(
        `The broker at ${address} is nats-server ${version}, but ${MINIMUM_VERSION} or newer is needed. Upgrade it, ` +
          'or unset NATS_URL to start one automatically.',
      );
    } catch (error) {
      if (error instanceof UnusableBrokerError) throw error;
      failures.push(`${address}: ${(error as Error).message}`);
    }
  }
  throw new UnusableBrokerError(
    `No broker answers (${failures.join('; ')}). Start it, correct NATS_URL, or unset NATS_URL to start one automatically.`,
  );
}

function parse(text: string): { hostname: string; port: number } {
  const url = text.includes('://') ? text : `nats://${text}`;
  const { hostname, port } = URL.canParse(url) ? new URL(url) : {};
  if (!hostname) throw new UnusableBrokerError('NATS_URL must be of the form nats://host:port.');
  return { hostname, port: Number(port) || 4222 };
}
