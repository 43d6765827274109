import { GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA } from '@nestjs/common/constants.js';
import type { NestContainer } from '@nestjs/core';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import type { EventContext } from '../../declare/event-context.js';
import { errorHook, type HandlerMethod } from '../nest-errors.js';

/** Calls it as Nest would, with the event and its context where its parameters ask for them. */
export type DirectCall = (event: object, context: EventContext) => unknown;

type Config = NonNullable<NestContainer['applicationConfig']>;
type Source = 'event' | 'context' | undefined;

/** What Nest keeps of a parameter with `@Payload()`, `@Ctx()` or a decorator of the user's. */
interface Parameter {
  index: number;
  data?: unknown;
  pipes?: unknown[];
  schema?: unknown;
}

/**
 * A way past Nest's pipeline, for a handler where nothing of the user's stands in it: no guard, interceptor, pipe, hook or
 * parameter decorator of his own, neither at the method, nor at its class, nor in the application, and no request-scoped provider.
 * Undefined where there is any, or anything that is not known here. Filters stay with Nest, which is asked where a call fails.
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

/** The controller, where there is one of its class, which lives as long as the application. */
function instanceOf(container: NestContainer, type: object): Record<string, unknown> | undefined {
  const controllers = [...container.getModules().values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  const [found, ...more] = controllers.filter(({ metatype }) => metatype === type);
  if (!found?.isDependencyTreeStatic() || more.length > 0) return undefined;
  return found.instance as Record<string, unknown>;
}

/** What each parameter takes. */
function sourcesOf(type: object, method: string): Source[] | undefined {
  const parameters = (Reflect.getMetadata(PARAM_ARGS_METADATA, type, method) ?? {
    // Without a decorator the first one takes the event.
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
  // Parameters in between that take nothing must not be holes, which `map` leaves out.
  return Array.from(sources);
}
