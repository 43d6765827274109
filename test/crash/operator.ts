import type { NatsConnection } from '@nats-io/transport-node';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ownEnvironment, root } from '../system.js';
import type { PlainClient } from './system/plain-client.js';

/** Streams that the services create. */
const STREAMS = ['EVENTS', 'RETRIES', 'FAILURES'];

/** Subjects of requests that change or delete a stream, a consumer or messages. */
const CHANGES = [
  ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE'].map((verb) => `$JS.API.STREAM.${verb}.*`),
  ...['CREATE', 'DURABLE.CREATE', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.>`),
];

/**
 * Calls `node cascade provision` with these stream sizes.
 *
 * @throws Error if the exit code is not 0
 */
export async function provision(natsUrl: string, sizes: NodeJS.ProcessEnv): Promise<void> {
  const env = { ...ownEnvironment(), NATS_URL: natsUrl, ...sizes };
  await promisify(execFile)(process.execPath, ['cascade', 'provision'], { cwd: root, env });
}

/** Returns the settings and the creation time of each stream and consumer. */
export async function settingsOf({ manager }: PlainClient): Promise<Record<string, object>> {
  const settings: Record<string, object> = {};
  for (const stream of STREAMS) {
    const { config, created } = await manager.streams.info(stream);
    settings[`stream ${stream}`] = { ...config, created };
    for await (const consumer of manager.consumers.list(stream)) {
      settings[`consumer ${consumer.name} on stream ${stream}`] = {
        ...consumer.config,
        created: consumer.created,
      };
    }
  }
  return settings;
}

/**
 * Returns a list that grows with each later request to change or delete a stream, a consumer or messages. Each entry contains the
 * reply subject, which shows the service that sent the request.
 */
export function watchChanges(connection: NatsConnection): string[] {
  const changes: string[] = [];
  for (const subject of CHANGES) {
    connection.subscribe(subject, {
      callback: (_error, request) => void changes.push(`${request.subject} (${request.reply})`),
    });
  }
  return changes;
}
