import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.mjs');

/** Runs a command under a simulated version of Node. */
async function runOn(version: string): Promise<{ code: number; stderr: string }> {
  const script =
    `Object.defineProperty(process.versions, 'node', { value: '${version}' });` +
    `(await import('${pathToFileURL(BOOTSTRAP).href}')).run('no-such-command.js');`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

describe('A command', () => {
  it.each(['12.22.12', '18.20.8', '20.18.3', '20.19.4', '21.7.3', '22.14.0', '23.11.1'])(
    'refuses Node %s, and names the versions that it needs',
    async (version) => {
      const { code, stderr } = await runOn(version);
      expect(code).toBe(1);
      expect(stderr).toContain(`Cascade needs Node 20.19.5, 22.15, or 24 and newer; this is ${version}.`);
      expect(stderr).not.toContain('at ');
    },
  );

  it.each(['20.19.5', '20.20.0', '22.15.0', '24.0.0', '26.1.0'])('runs on Node %s', async (version) => {
    expect((await runOn(version)).stderr).toContain('no-such-command.js');
  });

  it('needs the versions of package.json', async () => {
    const { engines } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('^20.19.5 || ^22.15.0 || >=24.0.0');
  });

  it('can refuse every old Node: its first file has no newer syntax, and loads nothing before the check', async () => {
    const code = await readFile(BOOTSTRAP, 'utf8');
    expect(code).not.toMatch(/^import |\?\?|\?\.|^await |=>/m);
  });
});
