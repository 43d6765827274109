import {
  BrokerStartError,
  checkBroker,
  findNatsServer,
  startBroker,
  type Broker,
  type NatsServer,
} from '@cascade/embedded-broker';
import { externalPart, withoutCredentials } from './external-part.js';
import type { Part, Run } from './part.js';
import { isFree, movedNote } from '../process/port-claims.js';

export interface BrokerOptions {
  readonly storeDir: string;
  /** Preferred port; 0 for any port. If the broker has another port, the table shows a note. */
  readonly preferredPort: number;
  /** Resolves to the broker's port. The port never changes, because the services receive the port before the broker runs. */
  port(this: void): Promise<number>;
  readonly env: NodeJS.ProcessEnv;
  /** Receives progress messages while nats-server is located or downloaded. */
  report(this: void, line: string): void;
}

export function brokerPart(options: BrokerOptions): Part {
  let server: NatsServer | undefined;
  return {
    name: 'broker',
    async start({ onLine, signal }) {
      const port = await options.port();
      server ??= await unlessAborted(findNatsServer({ env: options.env, report: options.report }), signal);
      signal.throwIfAborted();
      try {
        const broker = await startBroker({ storeDir: options.storeDir, port, server, log: onLine });
        return runOf(broker, movedNote({ port: options.preferredPort }, { port }));
      } catch (error) {
        if (await isFree(port)) throw causeOf(error);
        throw new Error(`another program has taken port ${port} in the meantime: start again`, {
          cause: error,
        });
      }
    },
  };
}

export function brokerUrl(port: number): string {
  return `nats://127.0.0.1:${port}`;
}

/** Creates a part for the broker of `NATS_URL`, which this system does not run itself. */
export function externalBrokerPart(servers: string): Part {
  return externalPart('broker', async () => {
    const { version } = await checkBroker(servers);
    return { url: withoutCredentials(servers), address: servers, note: `nats-server ${version}` };
  });
}

function runOf(broker: Broker, moved: string): Run {
  return {
    url: broker.url,
    note: [`nats-server ${broker.version}`, moved].filter(Boolean).join(', '),
    pid: broker.pid,
    ended: broker.exited.then(({ code, signal }) =>
      signal ? `was killed by ${signal}` : `exited with code ${code}`,
    ),
    async stop(graceMs) {
      const timer = setTimeout(() => void broker.kill(), graceMs);
      await broker.stop();
      clearTimeout(timer);
    },
    kill: () => void broker.kill(),
  };
}

/**
 * Returns the cause of a failed start. The message of the error itself also contains the server's last lines. The supervisor
 * already shows these lines.
 */
function causeOf(error: unknown): unknown {
  return error instanceof BrokerStartError ? error.cause : error;
}

/** Stops waiting when `signal` aborts, because a download may take a long time. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('was stopped while it started')), { once: true });
    work.then(resolve, reject);
  });
}
