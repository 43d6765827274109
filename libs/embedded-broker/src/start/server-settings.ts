import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings by their names in nats-server, such as `{ max_payload: 65536, jetstream: { sync_interval: 'always' } }`. */
export interface ServerSettings {
  [name: string]: Setting;
}
type Setting = string | number | boolean | readonly Setting[] | ServerSettings;

/** Name of the configuration file in the store folder. */
export const SETTINGS_FILE = 'nats-server.conf';
/** Folder in the store folder where the server writes the port that it chose. */
export const PORTS_FOLDER = 'ports';

/** Writes the configuration file of nats-server as JSON. Only the owner may read the file, because it may contain passwords. */
export async function writeSettings(storeDir: string, settings: ServerSettings): Promise<void> {
  // Removes the file that an earlier server left if it was killed. That file contains the port of the earlier server.
  await rm(join(storeDir, PORTS_FOLDER), { recursive: true, force: true });
  await mkdir(join(storeDir, PORTS_FOLDER));
  await writeFile(join(storeDir, SETTINGS_FILE), JSON.stringify(settings, null, 2), { mode: 0o600 });
}
