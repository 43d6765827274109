import {
  processorsOf,
  serviceOf,
  type ProcessorDeclaration,
  type ServiceDeclaration,
} from '@cascade/jetstream';
import type { DynamicModule, ForwardReference, Type } from '@nestjs/common';
import 'reflect-metadata';

export interface LoadedProcessor {
  declaration: ProcessorDeclaration;
  /** Class and method of the handler, such as `WelcomeProcessor.notify`. */
  handler: string;
}

type Importable =
  Type | DynamicModule | Promise<DynamicModule> | ForwardReference<() => Type | DynamicModule>;

/** Returns the declarations of a module and of its imports. Only decorators and the results of `forRoot` are read. */
export async function declarationsIn(
  root: Type | DynamicModule,
): Promise<{ services: ServiceDeclaration[]; processors: LoadedProcessor[] }> {
  const services: ServiceDeclaration[] = [];
  const controllers = new Set<Type>();
  for (const module of await modulesFrom(root)) {
    const service = 'module' in module && serviceOf(module);
    if (service) services.push(service);
    for (const controller of listed<Type>(module, 'controllers')) controllers.add(controller);
  }
  const processors = [...controllers].flatMap((controller) =>
    processorsOf(controller).map(({ method, declaration }) => ({
      declaration,
      handler: `${controller.name}.${method}`,
    })),
  );
  return { services, processors };
}

/** Returns a module and all of its imports, without duplicates. */
async function modulesFrom(root: Type | DynamicModule): Promise<Set<Type | DynamicModule>> {
  const modules = new Set<Type | DynamicModule>();
  const waiting: Importable[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const awaited = await next;
    const module = 'forwardRef' in awaited ? awaited.forwardRef() : awaited;
    if (modules.has(module)) continue;
    modules.add(module);
    waiting.push(...listed<Importable>(module, 'imports'));
  }
  return modules;
}

/** Returns the list in `@Module`. For a dynamic module, the result also contains the list of `forRoot`. */
function listed<Item>(module: Type | DynamicModule, key: 'imports' | 'controllers'): Item[] {
  const type = 'module' in module ? module.module : module;
  const decorated = Reflect.getMetadata(key, type) as Item[] | undefined;
  const dynamic = 'module' in module ? (module[key] as Item[] | undefined) : undefined;
  return [...(decorated ?? []), ...(dynamic ?? [])];
}
