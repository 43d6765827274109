/**
 * Fast path to a handler, which avoids Nest's pipeline and saves some 10 µs for each event (ADR 10). `nestHandle` chooses between
 * the two paths. test/direct-call.int.spec.ts checks that both paths have the same outcomes.
 */

import { GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA } from '@nestjs/common/constants.js';
import type { NestContainer } from '@nestjs/core';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import type { EventContext } from '../../declare/event-context.js';
import { errorHook, type HandlerMethod } from '../nest-errors.js';

/** Calls a method as Nest would, and passes the event and the context to the parameters that request them. */
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
 * Returns the direct call of a method; undefined if the call needs Nest's pipeline. Guards, interceptors, pipes, hooks and custom
 * parameter decorators need the pipeline, at the method, its class or the application. A request-scoped provider and anything
 * unknown need the pipeline too. Exception filters do not need the pipeline, because `nestHandle` makes Nest call its filters if
 * a direct call fails.
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

/** Returns the only controller of a class, if this controller lives as long as the application; otherwise undefined. */
function instanceOf(container: NestContainer, type: object): Record<string, unknown> | undefined {
  const controllers = [...container.getModules().values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  const [found, ...more] = controllers.filter(({ metatype }) => metatype === type);
  if (!found?.isDependencyTreeStatic() || more.length > 0) return undefined;
  return found.instance as Record<string, unknown>;
}

/** Returns the source of each parameter; undefined if a parameter needs anything except the event or the context. */
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
  // Parameters without a decorator must not be holes in the array, because `map` skips holes.
  return Array.from(sources);
}
