import { setTimeout as delay } from 'node:timers/promises';
import { readGreeting } from '../greeting.js';
import type { BrokerExit } from './launch.js';

export interface Awaited {
  /**
   * Name of the started server. If a server with another name answers, the port was already in use. The started server is then
   * about to fail.
   */
  name: string;
  host: string;
  /** Returns the port of the server; undefined while the port is unknown. */
  port: () => Promise<number | undefined>;
  exited: Promise<BrokerExit>;
  /** Timeout for the answer, in milliseconds. */
  timeout: number;
}

/**
 * Waits until the server accepts connections and has enabled JetStream. Returns the port and the version of the server.
 *
 * @throws Error if the server ends, or does not answer in time
 */
export async function answer(awaited: Awaited): Promise<{ port: number; version: string }> {
  const deadline = Date.now() + awaited.timeout;
  let end: BrokerExit | undefined;
  void awaited.exited.then((exit) => (end = exit));
  let reason = 'it opened no port';
  while (Date.now() < deadline) {
    if (end) throw new Error(`it ended with ${end.signal ?? `code ${end.code}`}`);
    const port = await awaited.port();
    try {
      if (port) return { port, version: await versionOnceReady(awaited, port) };
    } catch (error) {
      reason = (error as Error).message;
    }
    await delay(10);
  }
  throw new Error(`no answer within ${awaited.timeout} ms (${reason})`);
}

async function versionOnceReady({ name, host }: Awaited, port: number): Promise<string> {
  const { serverName, jetstream, version } = await readGreeting(host, port, 1_000);
  if (serverName !== name) throw new Error(`another server answers at ${host}:${port}`);
  if (!jetstream) throw new Error('it has JetStream off');
  return version;
}
