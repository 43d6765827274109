import { afterAll, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServices, SERVICES } from './services.js';

let root: string | undefined;

afterAll(async () => {
  if (root) await rm(root, { recursive: true });
});

it('The services are the apps of nest-cli.json, with the needs of their configuration', () => {
  expect(SERVICES).toEqual(
    expect.arrayContaining([
      { name: 'signup', port: 3000, sendsMail: false, hasDatabase: true },
      { name: 'notifier', port: 3001, sendsMail: true, hasDatabase: true },
      { name: 'metadata-writer', port: 3002, sendsMail: false, hasDatabase: true },
    ]),
  );
});

it('A service without a configuration takes any port, and a library is not a service', async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-services-'));
  await mkdir(join(root, 'apps/bare/src'), { recursive: true });
  const projects = { bare: { type: 'application' }, shared: { type: 'library' } };
  await writeFile(join(root, 'nest-cli.json'), JSON.stringify({ projects }));
  expect(readServices(root)).toEqual([{ name: 'bare', port: 0, sendsMail: false, hasDatabase: false }]);
});
