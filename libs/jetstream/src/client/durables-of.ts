import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';

/** Returns the durable consumers of a stream. */
export async function durablesOf({ consumers }: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const durables: ConsumerInfo[] = [];
  for await (const info of consumers.list(stream)) if (info.config.durable_name) durables.push(info);
  return durables;
}
