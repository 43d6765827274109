/**
 * The fast way to a handler. It saves Nest's pipeline, some 10 µs for each event (ADR 10). It stands behind `nestHandle`, and
 * test/direct-call.int.spec.ts holds that both ways have the same outcomes.
 */

import { GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA } from '@nestjs/common/constants.js';
import type { NestContainer } from '@nestjs/core';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import type { EventContext } from '../../declare/event-context.js';
import { errorHook, type HandlerMethod } from '../nest-errors.js';

/** Calls a method as Nest would, with the event and the context in the parameters that ask for them. */
export type DirectCall = (event: object, context: EventContext) => unknown;

type Config = NonNullable<NestContainer['applicationConfig']>;
type Source = 'event' | 'context' | undefined;

/** Nest's metadata of a parameter with `@Payload()`, `@Ctx()` or a custom decorator. */
interface Parameter {
  index: number;
  data?: unknown;
  pipes?: unknown[];
  schema?: unknown;
}

/**
 * Returns undefined if the pipeline has anything to do: a guard, interceptor, pipe, hook or custom parameter decorator, at the
 * method, its class or in the application, a request-scoped provider, or anything unknown. Exception filters do not matter: if a
 * direct call fails, `nestHandle` has Nest call its filters.
 */
export function directCallOf(
  container: NestContainer,
  { type, callback }: HandlerMethod,
): DirectCall | undefined {
  const config = container.applicationConfig;
  if (!config || !isBare(config) || isDecorated(type) || isDecorated(callback)) return undefined;
  const instance = instanceOf(container, type);
  const sources = sourcesOf(type, callback.name);
  if (!instance || instance[callback.name] !== callback || !sources) return undefined;
  return (event, context) =>
    callback.apply(
      instance,
      sources.map((source) => (source === 'event' ? event : source && context)),
    );
}

function isBare(config: Config): boolean {
  return [
    config.getGlobalGuards(),
    config.getGlobalRequestGuards(),
    config.getGlobalInterceptors(),
    config.getGlobalRequestInterceptors(),
    config.getGlobalPipes(),
    config.getGlobalRequestPipes(),
    config.getGlobalPreRequestHooks().filter((hook) => hook !== errorHook),
  ].every(({ length }) => length === 0);
}

function isDecorated(target: object): boolean {
  return [GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA].some((key) =>
    Reflect.hasMetadata(key, target),
  );
}

/** Returns the controller, if it is the only one of its class and lives as long as the application. */
function instanceOf(container: NestContainer, type: object): Record<string, unknown> | undefined {
  const controllers = [...container.getModules().values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  const [found, ...more] = controllers.filter(({ metatype }) => metatype === type);
  if (!found?.isDependencyTreeStatic() || more.length > 0) return undefined;
  return found.instance as Record<string, unknown>;
}

/** Returns the source of each parameter; undefined if a parameter asks for anything else. */
function sourcesOf(type: object, method: string): Source[] | undefined {
  const parameters = (Reflect.getMetadata(PARAM_ARGS_METADATA, type, method) ?? {
    // Without a decorator, the first parameter is the event.
    [`${RpcParamtype.PAYLOAD}:0`]: { index: 0 },
  }) as Record<string, Parameter>;
  const sources: Source[] = [];
  for (const [key, { index, data, pipes = [], schema }] of Object.entries(parameters)) {
    const source = { [RpcParamtype.PAYLOAD]: 'event' as const, [RpcParamtype.CONTEXT]: 'context' as const }[
      key.split(':')[0]!
    ];
    if (!source || data !== undefined || pipes.length > 0 || schema !== undefined) return undefined;
    sources[index] = source;
  }
  // Parameters without a decorator must not be holes, because `map` skips holes.
  return Array.from(sources);
}
