import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NatsServer } from '../find/nats-server.js';
import { run } from '../run.js';
import { spawnBoundToParent, type BoundProcess } from './bind-to-parent.js';
import { lockStore } from './store-lock.js';
import { PORTS_FOLDER, type ServerSettings, SETTINGS_FILE, writeSettings } from './server-settings.js';

export interface LaunchOptions {
  server: NatsServer;
  /** Unique name of the server, so that another server at the same address can be recognized. */
  name: string;
  storeDir: string;
  host: string;
  /** Port to listen on; 0 for any free port. */
  port: number;
  settings: ServerSettings;
}

export interface BrokerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Launched {
  process: BoundProcess;
  /** Resolves when the process has ended and its store is free again. Never rejects. */
  exited: Promise<BrokerExit>;
  /** Returns the port of the server; undefined while the port is unknown. */
  port: () => Promise<number | undefined>;
  /** Ends the server with SIGKILL. */
  kill: () => void;
}

/** Locks the store and starts the server on it. Does not wait until the server answers. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  await mkdir(options.storeDir, { recursive: true });
  const lock = await lockStore(options.storeDir);
  try {
    const start = options.server.container ? launchContainer : launchExecutable;
    const launched = await start(options, lock.descriptor);
    return { ...launched, exited: exitOf(launched.process).finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Returns `host:port`, with brackets around an IPv6 address. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function exitOf(child: BoundProcess): Promise<BrokerExit> {
  return new Promise((resolve) => {
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }));
    // If the process could not be started, no 'close' event is emitted.
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

async function launchExecutable(options: LaunchOptions, lock: number): Promise<Omit<Launched, 'exited'>> {
  const { server, storeDir, host, port } = options;
  await writeSettings(storeDir, {
    ...settingsOf(options, storeDir),
    host,
    port: port || -1,
    ports_file_dir: join(storeDir, PORTS_FOLDER),
  });
  const child = spawnBoundToParent(server.command, ['-c', join(storeDir, SETTINGS_FILE)], { hold: lock });
  return {
    process: child,
    port: async () => port || readPort(join(storeDir, PORTS_FOLDER)),
    kill: () => child.kill('SIGKILL'),
  };
}

/**
 * Starts the server in a container. The docker client forwards SIGTERM to the server. SIGKILL would end only the client, so
 * `kill` runs `docker kill`.
 */
async function launchContainer(options: LaunchOptions, lock: number): Promise<Omit<Launched, 'exited'>> {
  const { server, name, storeDir, host } = options;
  const port = options.port || (await freePort(host));
  await writeSettings(storeDir, { ...settingsOf(options, '/cascade'), host: '0.0.0.0', port: 4222 });
  const args = [
    ...['run', '--rm', '--name', name],
    ...(server.container?.user ? ['--user', server.container.user] : []),
    ...['--publish', `${addressOf(host, port)}:4222`],
    ...['--volume', `${storeDir}:/cascade`],
    server.container?.image ?? '',
    ...['nats-server', '-c', `/cascade/${SETTINGS_FILE}`],
  ];
  const child = spawnBoundToParent(server.command, args, { hold: lock });
  return {
    process: child,
    port: () => Promise.resolve(port),
    kill: () =>
      void run(server.command, ['kill', name], { timeout: 10_000 }).then(
        ({ ok }) => ok || child.kill('SIGKILL'),
      ),
  };
}

function settingsOf({ settings, name }: LaunchOptions, storeDir: string): ServerSettings {
  const jetstream = typeof settings['jetstream'] === 'object' ? settings['jetstream'] : {};
  return { ...settings, server_name: name, jetstream: { ...jetstream, store_dir: storeDir } };
}

/** Returns the port that the server has written; undefined if the file is missing or incomplete. */
async function readPort(folder: string): Promise<number | undefined> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.ports'));
  if (!file) return undefined;
  const text = await readFile(join(folder, file), 'utf8');
  return Number(/"nats":\["\w+:\/\/.*?:(\d+)"/.exec(text)?.[1]) || undefined;
}

/** Returns a free port. Docker could also choose a port, but would choose another port at each restart. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
