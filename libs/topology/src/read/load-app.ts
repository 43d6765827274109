import type { ServiceDeclaration } from '@cascade/jetstream';
import type { DynamicModule, Type } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TopologyError } from '../errors.js';
import { declarationsIn, type LoadedProcessor } from './declarations.js';
import type { ListedApp } from './find-apps.js';
import type { Code } from './load.js';

/** App with its declarations. */
export interface LoadedApp extends ListedApp {
  /** Declaration of the service; undefined if the app does not use JetStream. */
  service: ServiceDeclaration | undefined;
  processors: LoadedProcessor[];
}

type AppModule = Type & { forRoot?: (config: object) => DynamicModule };

/**
 * Reads an app's declarations from its module class in `<name>.module.ts`, without starting anything. If the module has a
 * `forRoot`, its argument is the configuration with the defaults of the class in `<name>-config.ts`.
 *
 * @throws TopologyError if the module does not exist, cannot be created without its environment, or imports
 *   `JetStreamModule.forRoot()` more than once
 */
export async function loadApp(app: ListedApp, code: Code): Promise<LoadedApp> {
  const module = await makeModule(app, code);
  const { services, processors } = await declarationsIn(module);
  if (services.length > 1) {
    const sources = services.map(({ source }) => `'${source}'`).join(' and ');
    throw new TopologyError(
      `App '${app.name}' imports JetStreamModule.forRoot() more than once (${sources}). A process has one connection: keep one of them.`,
    );
  }
  return { ...app, service: services[0], processors };
}

async function makeModule(app: ListedApp, code: Code): Promise<Type | DynamicModule> {
  const file = `${app.sources}/${app.name}.module.ts`;
  if (!existsSync(join(code.root, file))) {
    throw new TopologyError(
      `App '${app.name}' of nest-cli.json has no ${file}. Put its module there, so that the topology can be read.`,
    );
  }
  const Module = (await exportOf(file, `${pascalCase(app.name)}Module`, code)) as AppModule;
  if (typeof Module.forRoot !== 'function') return Module;
  const config = await defaultConfig(app, code);
  try {
    return Module.forRoot(config);
  } catch (cause) {
    throw new TopologyError(
      `${Module.name}.forRoot() in ${file} fails with the defaults of its configuration: ${(cause as Error).message}\n` +
        'The topology is read without an environment: move code that needs it into a provider’s `useFactory`.',
      { cause },
    );
  }
}

/**
 * Returns the configuration with the defaults of its class; an empty object if the app has no configuration file. Variables that
 * must be set have no value.
 */
async function defaultConfig(app: ListedApp, code: Code): Promise<object> {
  const file = `${app.sources}/${app.name}-config.ts`;
  if (!existsSync(join(code.root, file))) return {};
  const Config = (await exportOf(file, `${pascalCase(app.name)}Config`, code)) as Type<object>;
  return new Config();
}

async function exportOf(file: string, name: string, { load }: Code): Promise<unknown> {
  const exported = (await load(file)) as Record<string, unknown>;
  if (typeof exported[name] === 'function') return exported[name];
  throw new TopologyError(
    `${file} must export class ${name}; found ${Object.keys(exported).join(', ') || 'nothing'}.`,
  );
}

function pascalCase(kebab: string): string {
  return kebab.replace(/(^|-)(.)/g, (_, _dash, letter: string) => letter.toUpperCase());
}
