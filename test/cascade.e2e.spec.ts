import type { Broker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { compileCheckout, ownEnvironment, root } from './system.js';

const signedUp = JSON.stringify({
  userId: '0199d0a0-7c1e-7abc-8def-0123456789ab',
  email: 'ada@example.com',
  name: 'Ada',
  locale: 'en',
  signedUpAt: '2026-11-23T04:05:06Z',
});
const COMMANDS = [
  ['topology'],
  ['publish'],
  ['tail'],
  ['flow'],
  ['lag'],
  ['failures', 'list'],
  ['failures', 'show'],
  ['replay'],
  ['outbox', 'show'],
  ['outbox', 'put-back'],
  ['outbox', 'drop'],
  ['provision'],
  ['new', 'processor'],
  ['remove', 'processor'],
  ['doctor'],
];

describe('node cascade', () => {
  let broker: Broker;

  beforeAll(async () => {
    await compileCheckout();
    broker = await startTestBroker();
  });
  afterAll(() => broker.stop());

  /** Calls `node cascade` from the root of the checkout, as a user does. */
  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, ['cascade', ...args], {
      cwd: root,
      env: { ...ownEnvironment(), NATS_URL: broker.url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const shown = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (shown.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (shown.stderr += chunk.toString()));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, ...shown })),
    );
    return { child, shown, ended };
  }
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended;

  it('shows its commands and exit codes without arguments and with --help', async () => {
    const [bare, help] = await Promise.all([run([]), run(['--help'])]);
    expect(bare).toEqual(help);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const [name] of COMMANDS) expect(help.stdout).toMatch(new RegExp(`\n  ${name} `));
    expect(help.stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /);
  });

  it('has --help with examples, and --json, for every command', async () => {
    for (const command of COMMANDS) {
      const { code, stdout } = await run([...command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: node cascade ${command.join(' ')}`);
      expect(stdout).toContain('--json');
      expect(stdout).toContain(`\nExamples:\n  node cascade ${command.join(' ')}`);
    }
  });

  it('ends with 2 after an invalid call, and suggests a valid call', async () => {
    const unknown = await run(['flwo', 'x']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('Did you mean flow?');
    const missing = await run(['flow']);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain("missing required argument 'correlation-id'");
  });

  it('provisions, publishes, and shows the flow without color in a pipe, and as one JSON value', async () => {
    expect(await run(['provision', '--check'])).toMatchObject({ code: 1 });
    expect(await run(['provision'])).toMatchObject({ code: 0 });
    const published = await run(['publish', 'user.signed-up', signedUp, '--json']);
    const { correlationId } = JSON.parse(published.stdout) as { correlationId: string };

    const flow = await run(['flow', correlationId]);
    expect(flow).toMatchObject({ code: 0, stderr: '' });
    expect(flow.stdout).toMatch(/\nuser\.signed-up {2}cascade {2}0 ms\n/);
    expect(flow.stdout).not.toContain('\u001b');
    const json = JSON.parse((await run(['flow', correlationId, '--json'])).stdout) as { steps: object[] };
    expect(json.steps).toHaveLength(1);
  });

  it('tail ends with 0 at Ctrl-C, and when its reader ends', async () => {
    const { child, shown, ended } = start(['tail', '--since', '1h']);
    await eventually(() => expect(shown.stdout).toContain('user.signed-up'));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });

    const unread = start(['tail', '--since', '1h']);
    unread.child.stdout.destroy();
    expect(await unread.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('reports where it looked, and what to do, if no broker answers', async () => {
    const { code, stdout, stderr } = await run(['lag'], { NATS_URL: 'nats://127.0.0.1:1' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^No broker answers: .*127\.0\.0\.1:1.*\n.*NATS_URL.*npm start/);
    expect(stderr).not.toContain('    at ');
  });

  it('ends if a program that is not a broker listens, and neither answers nor closes the connection', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { child, ended } = start(['lag'], { NATS_URL: `nats://127.0.0.1:${port}` });
    const overdue = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const { code, stderr } = await ended;
    clearTimeout(overdue);
    silent.close();
    expect(stderr).toMatch(/^No broker answers: .*timeout\.\n.*NATS_URL/);
    expect(code).toBe(1);
  }, 30_000);
});
