import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkoutRoot } from '../../tools/checkout.js';

/** Arguments of npm. Without `--fetch-retries=0`, npm would retry for more than a minute if there is no network. */
const NPM_CI = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0'];

const installed = new Map<string, Promise<string | undefined>>();

/**
 * Installs the dependencies of a peer into the peer's folder, as its lock file lists them. Does nothing if the dependencies are
 * already installed.
 *
 * @returns the reason why the dependencies cannot be installed; undefined if they are installed
 */
export function installPeer(name: string): Promise<string | undefined> {
  const peer = installed.get(name) ?? install(join(checkoutRoot(), 'bench/peers', name));
  installed.set(name, peer);
  return peer;
}

async function install(folder: string): Promise<string | undefined> {
  // npm writes this file last, so its presence means that the installation is complete.
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return undefined;
  try {
    await promisify(execFile)('npm', NPM_CI, { cwd: folder });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = stderr?.split('\n').find((line) => line.includes('error')) ?? message;
    return `cannot be installed (${reason.trim()})`;
  }
}
