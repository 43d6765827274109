import { startTestBroker } from '@cascade/testing';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';
import { runCascade } from '../test/session.js';

/** Address without a broker, because the command needs no broker. */
const NOWHERE = { NATS_URL: 'nats://127.0.0.1:1' };

describe('cascade topology', () => {
  const topology = (...args: string[]) => runCascade(['topology', ...args], { env: NOWHERE });

  it('shows a table of the processors', async () => {
    const { code, stdout, stderr } = await topology();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^app +processor +consumes +publishes/);
    expect(stdout).toMatch(/\nnotifier +notifier +user\.signed-up +notification\.sent /);
  });

  it.each([
    ['mermaid', /^flowchart LR\n/],
    ['permissions', /\nauthorization \{\n/],
  ])('shows the topology as %s', async (format, expected) => {
    expect((await topology('--format', format)).stdout).toMatch(expected);
  });

  it('shows the topology as JSON, with both options, and as AsyncAPI', async () => {
    const json = await topology('--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ format: 1, apps: expect.any(Array) });
    expect((await topology('--format', 'json')).stdout).toBe(json.stdout);
    expect(JSON.parse((await topology('--format', 'asyncapi')).stdout)).toMatchObject({ asyncapi: '3.0.0' });
  });

  it('finds no faults in this checkout', async () => {
    const { code, stdout } = await topology('--check');
    expect(stdout).toMatch(/No faults: \d+ apps, \d+ processors, \d+ contracts\.\n$/);
    expect(code).toBe(0);
    expect(JSON.parse((await topology('--check', '--json')).stdout)).toMatchObject({ faults: [] });
  });

  it('notes a processor that is on the broker, but not in the code', async () => {
    const broker = await startTestBroker();
    const check = (...args: string[]) =>
      runCascade(['topology', '--check', ...args], { env: { NATS_URL: broker.url } });
    try {
      await runCascade(['provision'], { env: { NATS_URL: broker.url } });
      expect(JSON.parse((await check('--json')).stdout)).toMatchObject({ notes: [] });
      const client = await connect({ servers: broker.url });
      const { consumers } = await jetstreamManager(client);
      await consumers.add('EVENTS', { durable_name: 'greeter', ack_policy: AckPolicy.Explicit });
      await client.close();

      const { code, stdout } = await check();

      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^note {2}processor greeter is on the broker, .* declare `formerly: \['greeter'\]` at the new one/,
      );
    } finally {
      await broker.stop();
    }
  });

  it('refuses an unknown format, and contradictory options', async () => {
    expect(await topology('--format', 'yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Allowed choices are table, mermaid, json, asyncapi, permissions'),
    });
    expect(await topology('--check', '--update-lock')).toMatchObject({ code: 2 });
    expect(await topology('--check', '--update-docs')).toMatchObject({ code: 2 });
  });

  describe('if docs/processors.md is outdated', () => {
    let root: string;
    let page: string;
    let asItShouldBe: string;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'cascade-topology-'));
      page = join(root, 'docs/processors.md');
      await cp(join(checkoutRoot(), 'docs/processors.md'), page);
      for (const name of ['apps', 'libs', 'package.json', 'nest-cli.json', 'contracts.lock.json'])
        await symlink(join(checkoutRoot(), name), join(root, name));
      asItShouldBe = await readFile(page, 'utf8');
      await writeFile(page, asItShouldBe.replace(/^\| `notifier` .*\n/m, ''));
    });
    afterAll(() => rm(root, { recursive: true }));

    const inIt = (...args: string[]) => runCascade(['topology', ...args], { env: NOWHERE, root });

    it('--check reports it, and --update-docs updates it', async () => {
      const { code, stdout } = await inIt('--check');
      expect(stdout).toContain(
        'outdated-docs  docs/processors.md does not show the processors of the code: notifier is missing. ' +
          'Run: node cascade topology --update-docs\n1 fault.\n',
      );
      expect(code).toBe(1);
      expect(JSON.parse((await inIt('--check', '--json')).stdout)).toMatchObject({
        faults: [{ rule: 'outdated-docs' }],
      });

      expect(await inIt('--update-docs')).toMatchObject({
        code: 0,
        stdout: 'docs/processors.md is updated.\n',
      });
      expect(await readFile(page, 'utf8')).toBe(asItShouldBe);
      expect(await inIt('--check')).toMatchObject({ code: 0 });
    });

    it('--update-docs says if the page was up to date, and works together with --update-lock', async () => {
      await inIt('--update-docs');
      expect((await inIt('--update-docs', '--update-lock')).stdout).toBe(
        'contracts.lock.json was up to date.\ndocs/processors.md was up to date.\n',
      );
      expect(JSON.parse((await inIt('--update-docs', '--update-lock', '--json')).stdout)).toMatchObject({
        added: [],
        isPageChanged: false,
      });
    });
  });
});
