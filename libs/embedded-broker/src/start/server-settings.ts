import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings of nats-server under its own names, e.g. `{ max_payload: 65536, jetstream: { sync_interval: 'always' } }`. */
export interface ServerSettings {
  [name: string]: Setting;
}
type Setting = string | number | boolean | readonly Setting[] | ServerSettings;

/** The file name below the store folder. */
export const SETTINGS_FILE = 'nats-server.conf';
/** Where the server writes the port it chose, below the store folder. */
export const PORTS_FOLDER = 'ports';

/** Writes nats-server's configuration file (it reads JSON), readable by its owner only: it may hold passwords. */
export async function writeSettings(storeDir: string, settings: ServerSettings): Promise<void> {
  // A file that an earlier server left when it was killed would tell the wrong port.
  await rm(join(storeDir, PORTS_FOLDER), { recursive: true, force: true });
  await mkdir(join(storeDir, PORTS_FOLDER));
  await writeFile(join(storeDir, SETTINGS_FILE), JSON.stringify(settings, null, 2), { mode: 0o600 });
}
