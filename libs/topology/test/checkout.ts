import { JetStreamModule, type EventClass } from '@cascade/jetstream';
import type { DynamicModule, Type } from '@nestjs/common';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Code } from '@cascade/topology';

export interface CheckoutContent {
  /** Exports by the path of the module, such as `apps/signup/src/signup.module.ts`. */
  modules: Record<string, object>;
  /** Golden samples by file name. */
  golden?: Record<string, unknown>;
  /** Projects in nest-cli.json. Default: the folders under `apps/` that contain modules. */
  projects?: Record<string, object>;
}

const roots: string[] = [];

/** Creates a checkout whose modules are objects of the spec. {@link removeCheckouts} deletes the checkout. */
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
  /** Source of the service; null for an app without JetStream. Default: the name of the app. */
  source?: string | null;
}

/** Creates a checkout with apps of the usual form, and the contracts that the apps use. */
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
