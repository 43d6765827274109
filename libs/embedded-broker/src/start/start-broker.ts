import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { findNatsServer } from '../find/find-nats-server.js';
import type { NatsServer } from '../find/nats-server.js';
import { answer } from './answer.js';
import { lastLines } from './last-lines.js';
import { addressOf, type BrokerExit, launch } from './launch.js';
import type { ServerSettings } from './server-settings.js';

/** Delay between SIGTERM and SIGKILL, in milliseconds. */
const STOP_TIMEOUT = 5_000;

export interface StartBrokerOptions {
  /**
   * Folder of the streams. A missing folder is created. Only one broker may use the folder at a time. The streams are kept for
   * the next broker.
   */
  storeDir: string;
  /** Port to listen on; 0 for any free port. Default 0. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  host?: string;
  /** Server to start. Default: the server that {@link findNatsServer} finds. */
  server?: NatsServer;
  /** Further settings, except the name, the address and the store. */
  settings?: ServerSettings;
  /** Called for each line of the server's output. */
  log?: (line: string) => void;
  /** Timeout for the first answer of the server, in milliseconds. Default 10,000. */
  timeout?: number;
}

/**
 * Running nats-server with JetStream. The server does not outlive this process, even if this process is killed with `kill -9`.
 */
export interface Broker {
  readonly url: string;
  readonly port: number;
  /** Process id of the server, or of the docker client if the server runs in a container. */
  readonly pid: number;
  readonly version: string;
  readonly from: NatsServer['from'];
  readonly storeDir: string;
  /** Resolves when the process has ended for any reason. Never rejects. */
  readonly exited: Promise<BrokerExit>;
  /** Sends SIGTERM, and SIGKILL after 5 s. Resolves when the server has ended. */
  stop(): Promise<void>;
  /** Kills the server to simulate a crash. Resolves when the server has ended. */
  kill(): Promise<void>;
}

/**
 * Starts nats-server with JetStream and waits until it answers.
 *
 * @throws NatsServerNotFoundError if no server can be found
 * @throws StoreInUseError if another broker uses the store
 * @throws BrokerStartError if the server ends, or does not answer in time
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

/** Thrown if the broker did not start. The message ends with the last lines that the broker wrote. */
export class BrokerStartError extends Error {
  /** Instructs the command line tools to print the message without the stack. */
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
