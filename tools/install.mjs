import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './install-lock.mjs';
import { OperationalError } from './operational-error.mjs';

const SHOWN_LINES = 20;
const QUIET = ['--loglevel=error', '--no-audit', '--no-fund', '--no-progress'];

/**
 * Runs `npm ci` where `node_modules` is missing or differs from the lock file; says so, and how long it took, on stderr: stdout
 * is for the result of the command that comes after it.
 *
 * @param {string} root The checkout.
 * @throws {OperationalError} When npm cannot be run, or fails.
 */
export async function installDependencies(root) {
  if (await isInstalled(root)) return;
  await withLock(join(root, '.cache', 'install.lock'), async () => {
    // Whoever held the lock before has probably installed.
    if (await isInstalled(root)) return;
    process.stderr.write('Installing dependencies (npm ci) … ');
    const started = Date.now();
    await npmCi(root);
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  });
}

/**
 * Compares contents, not times: a checkout of another branch and back touches the lock file and changes nothing.
 * npm writes the hidden lock file last, so an interrupted install does not count as one.
 */
export async function isInstalled(root) {
  const [wanted, found] = await Promise.all([
    readPackages(join(root, 'package-lock.json')),
    readPackages(join(root, 'node_modules', '.package-lock.json')),
  ]);
  if (!wanted) throw new OperationalError(`${root} has no package-lock.json: is this a complete checkout?`);
  if (!found) return false;
  // Nothing imports an app: one that was generated or taken out since has all it needs where its dependencies are there.
  const isApp = ([path, { resolved, link }]) => (link ? resolved : path).startsWith('apps/');
  const same = ([path, { version, resolved, link }]) =>
    wanted[path] !== undefined &&
    (link || (wanted[path].version === version && sameSource(wanted[path].resolved, resolved)));
  // Optional packages are those of other platforms: the lock file lists them all, an install has only its own. What it calls
  // devOptional is optional for some and needed by others, so it is there.
  const present = ([path, { optional, peer }]) =>
    path === '' || optional || peer || found[path] !== undefined;
  const fetched = (packages) => Object.entries(packages).filter((entry) => !isApp(entry));
  return fetched(found).every(same) && fetched(wanted).every(present);
}

/** npm may be told to leave the registry's address out of lock files. */
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
  // Under `npm start` this is the npm that the user called; without it, the one on PATH.
  const [command, ...args] = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const output = [];
  const code = await new Promise((resolve, reject) => {
    const npm = spawn(command, [...args, 'ci', ...QUIET], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => output.push(chunk));
    npm.on('error', (error) =>
      reject(new OperationalError(`npm cannot be run (${error.message}): is it installed?`)),
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

/** npm says first what is wrong; after that it explains itself at length. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  return lines.length > SHOWN_LINES ? [...lines.slice(0, SHOWN_LINES), '…'].join('\n') : lines.join('\n');
}
