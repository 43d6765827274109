import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { findNatsServer } from '../find/find-nats-server.js';
import type { NatsServer } from '../find/nats-server.js';
import { answer } from './answer.js';
import { lastLines } from './last-lines.js';
import { addressOf, type BrokerExit, launch } from './launch.js';
import type { ServerSettings } from './server-settings.js';

/** Milliseconds between SIGTERM and SIGKILL. */
const STOP_TIMEOUT = 5_000;

export interface StartBrokerOptions {
  /** Folder of the streams; made where it is missing. One broker at a time; the next one finds what the last one stored. */
  storeDir: string;
  /** Default 0: any free port. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  host?: string;
  /** Default: what {@link findNatsServer} finds. */
  server?: NatsServer;
  /** Further settings. Name, address and store are the launcher's. */
  settings?: ServerSettings;
  /** Takes the server's output line by line. */
  log?: (line: string) => void;
  /** Milliseconds until it must answer. Default 10,000. */
  timeout?: number;
}

/** A running nats-server with JetStream. It does not outlive this process, even when that is killed with -9. */
export interface Broker {
  readonly url: string;
  readonly port: number;
  /** Of the server; of the docker client where the server runs in a container. */
  readonly pid: number;
  readonly version: string;
  readonly from: NatsServer['from'];
  readonly storeDir: string;
  /** Settles when the process has ended, for whatever reason. Never rejects. */
  readonly exited: Promise<BrokerExit>;
  /** SIGTERM, and SIGKILL after 5 s. Resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it as a crash would. Resolves when it has ended. */
  kill(): Promise<void>;
}

/**
 * Starts nats-server with JetStream and waits until it answers.
 *
 * @throws NatsServerNotFoundError when there is no server to start
 * @throws StoreInUseError when another broker runs on the store
 * @throws BrokerStartError when it dies, or does not answer in time
 */
export async function startBroker(options: StartBrokerOptions): Promise<Broker> {
  const { host = '127.0.0.1', port = 0, settings = {}, log = () => {}, timeout = 10_000 } = options;
  const storeDir = resolve(options.storeDir);
  const server = options.server ?? (await findNatsServer());
  const name = `cascade-${randomUUID()}`;

  const launched = await launch({ server, name, storeDir, host, port, settings });
  const { process: child, exited } = launched;
  const output = lastLines([child.stdout, child.stderr], log);

  const found = await answer({ name, host, port: launched.port, exited, timeout }).catch(
    async (cause: Error) => {
      launched.kill();
      await exited;
      throw new BrokerStartError(server.command, output, cause);
    },
  );
  return {
    ...found,
    url: `nats://${addressOf(host, found.port)}`,
    pid: child.pid ?? 0,
    from: server.from,
    storeDir,
    exited,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => launched.kill(), STOP_TIMEOUT);
      await exited.finally(() => clearTimeout(timer));
    },
    async kill() {
      launched.kill();
      await exited;
    },
  };
}

/** The broker did not come up. The message ends with the last lines that it wrote. */
export class BrokerStartError extends Error {
  /** For the tools: the message says all, no stack is needed. */
  readonly operational = true;

  constructor(
    command: string,
    readonly output: readonly string[],
    cause: Error,
  ) {
    const lines = output.map((line) => `  ${line}`).join('\n') || '  (it wrote nothing)';
    super(`The broker (${command}) did not start: ${cause.message}. Its last lines:\n${lines}`, { cause });
    this.name = 'BrokerStartError';
  }
}
