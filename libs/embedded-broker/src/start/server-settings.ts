import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings with nats-server's names: `{ max_payload: 65536, jetstream: { sync_interval: 'always' } }`. */
export interface ServerSettings {
  [name: string]: Setting;
}
type Setting = string | number | boolean | readonly Setting[] | ServerSettings;

/** Name of the file in the store folder. */
export const SETTINGS_FILE = 'nats-server.conf';
/** Folder in the store folder where the server writes the port that it chose. */
export const PORTS_FOLDER = 'ports';

/** Writes the configuration file of nats-server, which reads JSON. Only the owner may read it, since it may have passwords. */
export async function writeSettings(storeDir: string, settings: ServerSettings): Promise<void> {
  // If an earlier server was killed, its file has the wrong port.
  await rm(join(storeDir, PORTS_FOLDER), { recursive: true, force: true });
  await mkdir(join(storeDir, PORTS_FOLDER));
  await writeFile(join(storeDir, SETTINGS_FILE), JSON.stringify(settings, null, 2), { mode: 0o600 });
}
