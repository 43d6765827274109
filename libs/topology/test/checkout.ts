import { JetStreamModule, type EventClass } from '@cascade/jetstream';
import type { DynamicModule, Type } from '@nestjs/common';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Code } from '@cascade/topology';

export interface CheckoutContent {
  /** Exports by the path of the module: `apps/signup/src/signup.module.ts`. */
  modules: Record<string, object>;
  /** Golden samples by file name. */
  golden?: Record<string, unknown>;
  /** Default: the folders under `apps/` that have modules. */
  projects?: Record<string, object>;
}

const roots: string[] = [];

/** A new checkout whose modules are objects of the spec. {@link removeCheckouts} deletes it. */
export async function makeCheckout({ modules, golden = {}, projects }: CheckoutContent): Promise<Code> {
  const root = await mkdtemp(join(tmpdir(), 'cascade-topology-'));
  roots.push(root);
  const apps = new Set(Object.keys(modules).flatMap((path) => /^apps\/([^/]+)\//.exec(path)?.[1] ?? []));
  const listed = Object.fromEntries(
    [...apps].map((name) => [name, { type: 'application', root: `apps/${name}` }]),
  );
  const files = {
    'nest-cli.json': { projects: projects ?? listed },
    'package.json': { name: 'shop', version: '1.2.3' },
    ...Object.fromEntries(Object.keys(modules).map((path) => [path, {}])),
    ...Object.fromEntries(
      Object.entries(golden).map(([name, data]) => [`libs/contracts/golden/${name}`, data]),
    ),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), JSON.stringify(content));
  }
  return { root, load: (source) => Promise.resolve(modules[source]!) };
}

export async function removeCheckouts(): Promise<void> {
  await Promise.all(roots.splice(0).map((root) => rm(root, { recursive: true, force: true })));
}

export interface AppContent {
  publishes?: EventClass[];
  controllers?: Type[];
  /** Default the name of the app; null for an app without JetStream. */
  source?: string | null;
}

/** A checkout with apps of the usual form, and the contracts that they use. */
export function makeSystem(
  apps: Record<string, AppContent>,
  contracts: EventClass[],
  golden?: Record<string, unknown>,
): Promise<Code> {
  const modules = Object.entries(apps).map(([name, content]): [string, object] => [
    `apps/${name}/src/${name}.module.ts`,
    { [`${pascalCase(name)}Module`]: appModule(() => moduleOf(content, name)) },
  ]);
  const exported = Object.fromEntries(contracts.map((type) => [type.name, type]));
  return makeCheckout({
    modules: { ...Object.fromEntries(modules), 'libs/contracts/src/index.ts': exported },
    ...(golden ? { golden } : {}),
  });
}

function moduleOf({ publishes = [], controllers = [], source }: AppContent, name: string): DynamicModule {
  const transport = () =>
    JetStreamModule.forRoot({ source: source ?? name, servers: 'nats://127.0.0.1:1', publishes });
  return {
    module: class AppModule {},
    imports: source === null ? [] : [transport()],
    controllers,
  };
}

function appModule(forRoot: () => DynamicModule): Type {
  return class {
    static readonly forRoot = forRoot;
  };
}

function pascalCase(name: string): string {
  return name.replace(/(^|-)(.)/g, (_, _dash, letter: string) => letter.toUpperCase());
}
