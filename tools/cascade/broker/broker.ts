import {
  EventPublisher,
  FailureReader,
  JetStreamConnection,
  Replays,
  type EventClass,
} from '@cascade/jetstream';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { credsAuthenticator, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { runningHere } from '../../supervisor/data-folder.js';
import { CommandError } from '../errors.js';
import type { Host } from '../host.js';

/** Value of `ce-source` in events that commands publish, and the name of the connection. */
const SOURCE = 'cascade';
const DEFAULT_URL = 'nats://127.0.0.1:4222';

/** A command's connection to the broker, with the parts of the transport that commands need. */
export class Broker {
  readonly failures: FailureReader;
  readonly replays: Replays;

  private constructor(
    readonly connection: JetStreamConnection,
    readonly nats: NatsConnection,
    readonly manager: JetStreamManager,
  ) {
    this.failures = new FailureReader(connection);
    this.replays = new Replays(connection, this.publisherOf([]), this.failures);
  }

  publisherOf(publishes: readonly EventClass[]): EventPublisher {
    return new EventPublisher(this.connection, { source: SOURCE, publishes });
  }

  /**
   * Connects to the broker.
   *
   * @throws BrokerUnreachableError if no broker answers, or if the broker refuses the credentials
   * @throws CommandError if JetStream is turned off, or if the credentials file cannot be read
   */
  static async connect(host: Host): Promise<Broker> {
    Logger.overrideLogger(warningsTo(host));
    const connection = new JetStreamConnection({
      source: SOURCE,
      servers: await serversOf(host.env),
      keepTrying: false,
      connection: await credentialsOf(host.env),
    });
    const nats = await connection.get();
    if (nats.info?.jetstream !== true) {
      await connection.close();
      throw new CommandError(`The broker at ${nats.getServer()} has JetStream turned off.`, [
        'Start nats-server with --jetstream.',
      ]);
    }
    return new Broker(connection, nats, await jetstreamManager(nats, { checkAPI: false }));
  }
}

export async function withBroker<Result>(
  host: Host,
  work: (broker: Broker) => Promise<Result>,
): Promise<Result> {
  const broker = await Broker.connect(host);
  try {
    return await work(broker);
  } finally {
    await broker.connection.close();
  }
}

/**
 * Returns `NATS_URL` if it is set. Otherwise, returns the broker URL of the system that runs in this folder. If no system runs,
 * returns the default URL.
 */
export async function serversOf(env: NodeJS.ProcessEnv): Promise<string> {
  if (env['NATS_URL']) return env['NATS_URL'];
  return (await runningHere())?.natsUrl ?? DEFAULT_URL;
}

async function credentialsOf(env: NodeJS.ProcessEnv): Promise<ConnectionOptions> {
  const file = env['NATS_CREDS'];
  if (!file) return {};
  try {
    return { authenticator: credsAuthenticator(await readFile(file)) };
  } catch (cause) {
    throw new CommandError(
      `NATS_CREDS names a file that cannot be read: ${(cause as Error).message}`,
      ['Correct it, or unset it.'],
      { cause },
    );
  }
}

/** Returns a logger that shows warnings, such as a lost connection. Errors are not shown, because the callers handle them. */
function warningsTo({ stderr }: Host) {
  const nothing = () => undefined;
  const write = (message: unknown) => void stderr.write(`${String(message)}\n`);
  return { log: nothing, warn: write, error: nothing, fatal: nothing };
}
