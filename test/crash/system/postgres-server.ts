import { findPostgres, unprivilegedUser } from '@cascade/testing';
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import pg from 'pg';

type Shell = ChildProcessByStdio<Writable, null, Readable>;

/**
 * Script that runs the server. Only this process holds the other end of the script's standard input. The server ends when this
 * pipe closes, even if this process ends by kill -9.
 */
const SCRIPT = `
trap : QUIT
(trap - QUIT; exec "$1/postgres" -D "$2" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories=) </dev/null &
cat >/dev/null
kill -QUIT 0
wait
`;
const START_WITHIN_MS = 30_000;

/** A PostgreSQL server with its default settings. A test can stop the server as in a crash, and restart the server. */
export class PostgresServer {
  private process: Shell | undefined;

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @throws Error if PostgreSQL is not installed */
  static async create(port: number): Promise<PostgresServer> {
    const bin = findPostgres();
    if (!bin) throw new Error('PostgreSQL is needed: initdb is neither on PATH nor in /usr/lib/postgresql.');
    const folder = await mkdtemp(join(tmpdir(), 'cascade-crash-postgres-'));
    const user = unprivilegedUser();
    if (user) await chown(folder, user.uid, user.gid);
    const server = new PostgresServer(bin, folder, port);
    const data = `--pgdata=${server.data}`;
    const settings = ['--username=postgres', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8'];
    await promisify(execFile)(join(bin, 'initdb'), [data, ...settings], { ...user, cwd: folder });
    await server.start();
    return server;
  }

  urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const args = ['-c', SCRIPT, 'bound', this.bin, this.data, String(this.port)];
    this.process = spawn('/bin/sh', args, {
      ...unprivilegedUser(),
      cwd: this.folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    await ready(this.process);
  }

  /** Stops the server as in a crash, with PostgreSQL's "immediate" shutdown. The next start recovers from the write-ahead log. */
  async stop(): Promise<void> {
    const shell = this.process;
    if (!shell) return;
    this.process = undefined;
    shell.stdin.end();
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async createDatabase(name: string): Promise<void> {
    await this.query('postgres', `create database ${pg.escapeIdentifier(name)}`);
  }

  async query<Row extends pg.QueryResultRow>(database: string, statement: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.urlOf(database), connectionTimeoutMillis: 5_000 });
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  private get data(): string {
    return join(this.folder, 'data');
  }
}

/** Waits until the server reports on its standard error that it is ready. */
async function ready(shell: Shell): Promise<void> {
  let log = '';
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error(`PostgreSQL does not start:\n${log}`));
    timer = setTimeout(fail, START_WITHIN_MS);
    shell.once('exit', fail);
    shell.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      if (log.includes('database system is ready to accept connections')) resolve();
    });
  }).finally(() => clearTimeout(timer));
  // Discards the rest of the output. Otherwise, the server would block on a full pipe.
  shell.stderr.removeAllListeners('data').resume();
}
