// This file imports nothing from the workspace, because Jest's global set-up compiles only this file.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Temporary PostgreSQL server, which is empty at first. */
export interface PostgresCluster {
  /** URL of the server for its superuser, on 127.0.0.1. */
  readonly url: string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

type Shell = ChildProcessByStdio<Writable, null, Readable>;

/**
 * Script that runs initdb and the server. The shell's standard input is a pipe whose other end only this process holds. The pipe
 * closes when this process ends, even after `kill -9`. The shell then ends its process group, in which initdb or the server runs,
 * and removes the files.
 */
const SCRIPT = `
folder=$1 bin=$2 port=$3
trap : QUIT
(
  trap : QUIT
  "$bin/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" --auth=scram-sha-256 \
    --no-sync --no-instructions --locale=C --encoding=UTF8 --wal-segsize=1 >&2 &&
  "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200
  echo "ended with status $?" >&2
) </dev/null &
cat >/dev/null
kill -QUIT 0
wait
rm -rf "$folder"
`;

/** Timeout of a start, in milliseconds. A start takes 0.8 s on an idle machine with 2 cores. */
const START_WITHIN = 30_000;

/**
 * Returns the first folder on the PATH that contains PostgreSQL's programs `initdb` and `postgres`. If no folder on the PATH
 * contains both programs, searches Debian's folder `/usr/lib/postgresql`, starting with the newest version. Returns undefined if
 * no programs are found.
 */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = (existsSync(debian) ? readdirSync(debian) : []).sort((a, b) => Number(b) - Number(a));
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return [...folders, ...versions.map((version) => join(debian, version, 'bin'))].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

/**
 * Starts a server on a free port. The server does not outlive this process.
 *
 * @param bin Folder of PostgreSQL's programs.
 */
export async function startPostgres(bin: string): Promise<PostgresCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'cascade-postgres-'));
  const password = randomBytes(16).toString('hex');
  writeFileSync(join(folder, 'password'), password);
  const user = unprivilegedUser();
  if (user) for (const path of [join(folder, 'password'), folder]) chownSync(path, user.uid, user.gid);

  const port = await freePort();
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'bound', folder, bin, String(port)], {
    ...user,
    cwd: folder,
    // The separate process group keeps Ctrl-C from ending the server before the specs that use it.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    shell.stdin.end();
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
  };
  try {
    await started(shell);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
}

/** Waits until the server is ready. The server reports on its standard error that it is ready, or why it cannot start. */
async function started(shell: Shell): Promise<void> {
  let log = '';
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string) => reject(new Error(`PostgreSQL ${what}:\n${log}`));
      timer = setTimeout(fail, START_WITHIN, `has not started within ${START_WITHIN} ms`);
      shell.once('error', reject);
      shell.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk;
        if (log.includes('database system is ready to accept connections')) resolve();
        if (/^ended with status/m.test(log)) fail('does not start');
      });
    });
  } finally {
    clearTimeout(timer);
    // Discards the rest of the output, because the server would block on a full pipe.
    shell.stderr.removeAllListeners('data').resume();
  }
}

/**
 * Returns the user that must run PostgreSQL if this process runs as root; undefined otherwise. PostgreSQL's programs refuse to
 * run as root.
 */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody']
    .map((name) => users.find((fields) => fields[0] === name))
    .find(Boolean);
  if (!found)
    throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
