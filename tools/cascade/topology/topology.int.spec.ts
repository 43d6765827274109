import { describe, expect, it } from '@jest/globals';
import { runCascade } from '../test/session.js';

/** No broker is needed. */
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
  ])('shows it as %s', async (format, expected) => {
    expect((await topology('--format', format)).stdout).toMatch(expected);
  });

  it('shows it as JSON, under both names, and as AsyncAPI', async () => {
    const json = await topology('--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ format: 1, apps: expect.any(Array) });
    expect((await topology('--format', 'json')).stdout).toBe(json.stdout);
    expect(JSON.parse((await topology('--format', 'asyncapi')).stdout)).toMatchObject({ asyncapi: '3.0.0' });
  });

  it('finds nothing wrong with the topology of this checkout', async () => {
    const { code, stdout } = await topology('--check');
    expect(stdout).toMatch(/Nothing is wrong: \d+ apps, \d+ processors, \d+ contracts\.\n$/);
    expect(code).toBe(0);
    expect(JSON.parse((await topology('--check', '--json')).stdout)).toMatchObject({ faults: [] });
  });

  it('refuses a format that there is not, and options that contradict each other', async () => {
    expect(await topology('--format', 'yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Allowed choices are table, mermaid, json, asyncapi, permissions'),
    });
    expect(await topology('--check', '--update-lock')).toMatchObject({ code: 2 });
  });
});
