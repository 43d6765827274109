import type { ServerSettings } from '@cascade/embedded-broker';
import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCascade } from '../test/session.js';
import type { Finding } from './finding.js';

interface Report {
  faults: number;
  findings: Finding[];
}

describe('cascade doctor', () => {
  let broker: Broker;
  let cache: string;

  beforeAll(async () => {
    const users: ServerSettings[] = [
      { user: 'admin', password: 'x' },
      {
        user: 'looker',
        password: 'x',
        permissions: { publish: ['$JS.API.>'], subscribe: ['_INBOX_cascade.>'] },
      },
      {
        user: 'service',
        password: 'x',
        permissions: { publish: ['events.>'], subscribe: ['_INBOX_cascade.>'] },
      },
    ];
    broker = await startTestBroker({ settings: { authorization: { users } } });
  });
  afterAll(() => broker.stop());
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'cascade-doctor-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  const urlAs = (user: string) => `nats://${user}:x@127.0.0.1:${broker.port}`;
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    runCascade(args, { env: { PATH: '', CASCADE_CACHE: cache, NATS_URL: urlAs('admin'), ...env } });
  const examine = async (env: NodeJS.ProcessEnv = {}) => {
    const { code, stdout } = await run(['doctor', '--json'], env);
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(report.faults > 0 ? 1 : 0);
    const about = (subject: string) => report.findings.filter((finding) => finding.about === subject);
    return { ...report, about };
  };

  it('finds missing streams and consumers, and says how to create them', async () => {
    const { faults, about } = await examine();
    expect(faults).toBeGreaterThan(3);
    expect(about('broker')).toEqual([
      { about: 'broker', level: 'ok', says: expect.stringContaining(broker.version) },
    ]);
    expect(about('streams')[0]).toEqual({
      about: 'streams',
      level: 'fault',
      says: 'stream EVENTS is missing',
      remedy: 'node cascade provision',
    });
    expect(about('consumers').every(({ level }) => level === 'fault')).toBe(true);
  });

  it('finds no faults after the streams and consumers are created', async () => {
    await run(['provision']);
    const { code, stdout } = await run(['doctor']);
    expect(stdout).toMatch(/^ok +Node +\d+\.\d+\.\d+\n/);
    expect(stdout).toMatch(/ok +code +\d+ apps, \d+ processors\n/);
    expect(stdout).toMatch(
      /ok +rights +this user may read the streams, publish and replay\n\nNo faults\.\n$/,
    );
    expect(code).toBe(0);
  });

  it('notes a user that may only read', async () => {
    const { faults, about } = await examine({ NATS_URL: urlAs('looker') });
    expect(about('rights')).toEqual([
      { about: 'rights', level: 'note', says: expect.stringContaining('may not publish') },
    ]);
    expect(faults).toBe(0);
  });

  it('finds that a user may not read the streams', async () => {
    const { about } = await examine({ NATS_URL: urlAs('service') });
    expect(about('rights')).toEqual([
      {
        about: 'rights',
        level: 'fault',
        says: expect.stringContaining('$JS.API.STREAM.INFO'),
        remedy: expect.stringContaining('NATS_CREDS'),
      },
    ]);
  });

  it('finds that no broker answers, and says how to start one', async () => {
    const { faults, about } = await examine({ NATS_URL: 'nats://127.0.0.1:1' });
    expect(faults).toBe(1);
    expect(about('broker')).toEqual([
      {
        about: 'broker',
        level: 'fault',
        says: expect.stringMatching(/^No broker answers: .*127\.0\.0\.1:1: connection refused\.$/),
        remedy: expect.stringContaining('correct NATS_URL'),
      },
    ]);
    expect(about('streams')).toEqual([]);
  });

  it('finds that the broker refuses the user', async () => {
    const { about } = await examine({ NATS_URL: urlAs('nobody') });
    expect(about('broker')[0]).toMatchObject({
      level: 'fault',
      says: expect.stringContaining('refuses this user'),
    });
  });

  it('finds a broken nats-server in the cache, and notes a missing nats-server', async () => {
    expect((await examine()).about('nats-server')).toEqual([
      { about: 'nats-server', level: 'note', says: expect.stringContaining('`npm start` downloads one') },
    ]);
    const folder = join(cache, 'nats-server', '2.14.5');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'nats-server'), '#!/bin/sh\necho "cannot execute" >&2; exit 126\n');
    await chmod(join(folder, 'nats-server'), 0o755);
    expect((await examine()).about('nats-server')).toEqual([
      {
        about: 'nats-server',
        level: 'fault',
        says: expect.stringContaining('does not run here: cannot execute'),
        remedy: expect.stringContaining('remove it'),
      },
    ]);
  });
});
