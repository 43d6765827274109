import { spawn } from 'node:child_process';
import { lstat, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './install-lock.mjs';
import { OperationalError } from './operational-error.mjs';

const SHOWN_LINES = 20;
const QUIET = ['--loglevel=error', '--no-audit', '--no-fund', '--no-progress'];

/**
 * Runs `npm ci` if `node_modules` is missing or differs from the lock file. Reports the install and its duration on stderr,
 * because stdout belongs to the command that follows.
 *
 * @param {string} root The checkout.
 * @throws {OperationalError} If npm cannot be run or fails, or if `node_modules` is a symbolic link.
 */
export async function installDependencies(root) {
  if (await isInstalled(root)) return;
  await refuseLink(join(root, 'node_modules'));
  await withLock(join(root, '.cache', 'install.lock'), async () => {
    // Another process may have installed while this process waited for the lock.
    if (await isInstalled(root)) return;
    process.stderr.write('Installing dependencies (npm ci) … ');
    const started = Date.now();
    await npmCi(root);
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  });
}

/** Refuses a symbolic link. npm would empty the folder that the link points to, which belongs to another checkout. */
async function refuseLink(folder) {
  const status = await lstat(folder).catch(() => undefined);
  if (!status?.isSymbolicLink()) return;
  const target = await realpath(folder).catch(() => 'a missing folder');
  throw new OperationalError(
    `${folder} is a symbolic link to ${target}, which differs from package-lock.json. ` +
      'Nothing was installed, because npm ci would empty that folder.\n' +
      'Remove the link, and run the command again: it then installs into a folder of this checkout.',
  );
}

/**
 * Returns true if `node_modules` matches the lock file. Compares contents, not times. Switching branches back and forth updates
 * the time of the lock file, but not its content. npm writes the hidden lock file last, so an interrupted install counts as
 * missing.
 *
 * @throws {OperationalError} If the lock file is missing, or if a file cannot be read.
 */
export async function isInstalled(root) {
  const [wanted, found] = await Promise.all([
    readPackages(join(root, 'package-lock.json')),
    readPackages(join(root, 'node_modules', '.package-lock.json')),
  ]);
  if (!wanted) throw new OperationalError(`${root} has no package-lock.json. Is this a complete checkout?`);
  if (!found) return false;
  // Ignores the apps themselves, because no package imports an app. After an app was generated or removed, only its dependencies
  // matter.
  const isApp = ([path, { resolved, link }]) => (link ? resolved : path).startsWith('apps/');
  const same = ([path, { version, resolved, link }]) =>
    wanted[path] !== undefined &&
    (link || (wanted[path].version === version && sameSource(wanted[path].resolved, resolved)));
  // The lock file lists the optional packages of all platforms. An install has only the packages of this platform. `devOptional`
  // packages are always installed, because they are optional for some packages and required by others.
  const present = ([path, { optional, peer }]) =>
    path === '' || optional || peer || found[path] !== undefined;
  const fetched = (packages) => Object.entries(packages).filter((entry) => !isApp(entry));
  return fetched(found).every(same) && fetched(wanted).every(present);
}

/**
 * Compares the sources of a package. A source may be missing, because an option of npm leaves the registry's address out of lock
 * files.
 */
function sameSource(wanted, found) {
  return wanted === undefined || found === undefined || wanted === found;
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new OperationalError(`${file} cannot be read: ${error.message}`);
  }
}

async function npmCi(root) {
  // `npm start` sets npm_execpath to the npm that the user called. If npm_execpath is not set, the npm on PATH is used.
  const [command, ...args] = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const output = [];
  const code = await new Promise((resolve, reject) => {
    const npm = spawn(command, [...args, 'ci', ...QUIET], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => output.push(chunk));
    npm.on('error', (error) =>
      reject(new OperationalError(`npm cannot be run (${error.message}). Is it installed?`)),
    );
    npm.on('close', (code, signal) => resolve(code ?? signal));
  });
  if (code === 0) return;
  process.stderr.write('failed\n');
  throw new OperationalError(
    `${excerpt(Buffer.concat(output).toString())}\n\n` +
      `npm ci failed (${code}), so the dependencies are not installed. See the lines above, check the network, and try again.`,
  );
}

/** Returns the first lines of the output, in which npm reports the fault. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  return lines.length > SHOWN_LINES ? [...lines.slice(0, SHOWN_LINES), '…'].join('\n') : lines.join('\n');
}
