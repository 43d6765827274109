import type { ServerSettings } from '@cascade/embedded-broker';
import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nkeys } from '@nats-io/transport-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCascade } from '../test/session.js';

/** A command that needs a broker. */
const COMMAND = ['provision', '--check'];

describe('the connection to the broker', () => {
  let broker: Broker;
  let folder: string;
  let user: ReturnType<typeof nkeys.createUser>;

  beforeAll(async () => {
    user = nkeys.createUser();
    folder = await mkdtemp(join(tmpdir(), 'cascade-creds-'));
    const users: ServerSettings[] = [
      { user: 'ann', password: 'p@ss word' },
      { user: 'looker', password: 'x', permissions: { publish: ['events.>'], subscribe: ['_INBOX.>'] } },
      { nkey: user.getPublicKey() },
    ];
    broker = await startTestBroker({ settings: { authorization: { users } } });
  });
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  const run = (env: NodeJS.ProcessEnv) => runCascade(COMMAND, { env });
  const urlOf = (credentials: string) => `nats://${credentials}127.0.0.1:${broker.port}`;

  it('uses user and password of NATS_URL', async () => {
    const { code, stdout } = await run({ NATS_URL: urlOf('ann:p%40ss%20word@') });
    expect(stdout).toContain('stream EVENTS  is missing');
    expect(code).toBe(1);
  });

  it('uses the credentials file of NATS_CREDS', async () => {
    const file = join(folder, 'user.creds');
    const seed = new TextDecoder().decode(user.getSeed());
    // The server's settings contain the user's public key, so the server ignores the JWT.
    await writeFile(
      file,
      `-----BEGIN NATS USER JWT-----\nnone\n------END NATS USER JWT------\n` +
        `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
    const { stdout, stderr } = await run({ NATS_URL: urlOf(''), NATS_CREDS: file });
    expect({ stdout, stderr }).toMatchObject({
      stdout: expect.stringContaining('stream EVENTS  is missing'),
    });
  });

  it.each([[''], ['ann:wrong@'], ['nobody@']])(
    'says what to do if the broker refuses %j',
    async (credentials) => {
      const { code, stdout, stderr } = await run({ NATS_URL: urlOf(credentials) });
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(
        /^The broker refuses this user: .*\nPut its user and password, or its token, into NATS_URL .*NATS_CREDS\.\n$/,
      );
      expect(stderr).not.toContain('wrong');
    },
  );

  it('names the right that a user lacks', async () => {
    const { code, stderr } = await run({ NATS_URL: urlOf('looker:x@') });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The broker does not let this user (publish|subscribe) to \S+\.\nSet NATS_URL or NATS_CREDS to a user with that right\.\n$/,
    );
  });

  it('says what to do if no broker answers, or if the credentials file cannot be read', async () => {
    expect(await run({ NATS_URL: 'nats://ann:secret@127.0.0.1:1' })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'No broker answers: cannot connect to NATS at 127.0.0.1:1: connection refused.\n' +
        'Start it, correct NATS_URL, or unset NATS_URL for the broker of `npm start`.\n',
    });
    const { code, stderr } = await run({ NATS_URL: urlOf(''), NATS_CREDS: join(folder, 'none') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^NATS_CREDS names a file that cannot be read: .*\nCorrect it, or unset it\.\n$/);
  });
});
