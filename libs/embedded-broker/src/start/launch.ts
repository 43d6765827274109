import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NatsServer } from '../find/nats-server.js';
import { spawnBoundToParent, type BoundProcess } from './bind-to-parent.js';
import { lockStore } from './store-lock.js';

/** Settings with the names of nats-server, such as `{ max_payload: 65536, jetstream: { sync_interval: 'always' } }`. */
export interface ServerSettings {
  [name: string]: Setting;
}
type Setting = string | number | boolean | readonly Setting[] | ServerSettings;

export interface LaunchOptions {
  server: NatsServer;
  /** Unique name, so that another server at the same address can be recognized. */
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
  /** Returns the port as soon as it is known. */
  port: () => Promise<number | undefined>;
}

/** Locks the store and starts the server on it. Does not wait until the server answers. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { server, storeDir, port } = options;
  await mkdir(storeDir, { recursive: true });
  const lock = await lockStore(storeDir);
  const ports = join(storeDir, 'ports');
  try {
    // If an earlier server was killed, its file still contains the old port.
    await rm(ports, { recursive: true, force: true });
    await mkdir(ports);
    const child = spawnBoundToParent(server.command, ['-c', await writeSettings(options, ports)], {
      hold: lock.descriptor,
    });
    return {
      process: child,
      exited: exitOf(child).finally(() => lock.release()),
      port: async () => port || readPort(ports),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Writes a configuration file in JSON, and returns its path. Only the owner may read the file, because it may contain passwords.
 */
async function writeSettings(
  { name, storeDir, host, port, settings }: LaunchOptions,
  ports: string,
): Promise<string> {
  const file = join(storeDir, 'nats-server.conf');
  const jetstream = typeof settings['jetstream'] === 'object' ? settings['jetstream'] : {};
  const complete: ServerSettings = {
    ...settings,
    ...{ server_name: name, host, port: port || -1, ports_file_dir: ports },
    jetstream: { ...jetstream, store_dir: storeDir },
  };
  await writeFile(file, JSON.stringify(complete, null, 2), { mode: 0o600 });
  return file;
}

function exitOf(child: BoundProcess): Promise<BrokerExit> {
  return new Promise((resolve) => {
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }));
    // If the process could not be started, no 'close' event is emitted.
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

/** Returns the port from the file that the server writes; undefined if the file is missing or incomplete. */
async function readPort(folder: string): Promise<number | undefined> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.ports'));
  if (!file) return undefined;
  const text = await readFile(join(folder, file), 'utf8');
  return Number(/"nats":\["\w+:\/\/.*?:(\d+)"/.exec(text)?.[1]) || undefined;
}
