import { findNatsServer, spawnBoundToParent } from '@cascade/embedded-broker';
import { eventually } from '@cascade/testing';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BrokerWithFile {
  /** Address of the server, in the form `host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a nats-server whose configuration includes `text`, as an operator would include the permissions. */
export async function startBrokerWithFile(
  text: string,
  env: Record<string, string>,
): Promise<BrokerWithFile> {
  const folder = await mkdtemp(join(tmpdir(), 'cascade-permissions-'));
  const [included, config] = [join(folder, 'permissions.conf'), join(folder, 'nats-server.conf')];
  await writeFile(included, text);
  await writeFile(
    config,
    `listen: "127.0.0.1:-1"
     ports_file_dir: ${JSON.stringify(folder)}
     jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }
     include ./permissions.conf`,
  );
  const { command } = await findNatsServer();
  const server = spawnBoundToParent(command, ['-c', config], { env: { ...process.env, ...env } });
  const output: string[] = [];
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => output.push(String(data)));
  const ended = once(server, 'close');
  const port = await eventually(async () => {
    const file = (await readdir(folder)).find((name) => name.endsWith('.ports'));
    const found =
      file && /"nats":\["\w+:\/\/.*?:(\d+)"/.exec(await readFile(join(folder, file), 'utf8'))?.[1];
    if (!found) throw new Error(`nats-server has not started:\n${output.join('')}`);
    return found;
  });
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      server.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
