import type { NestContainer } from '@nestjs/core';
import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom, toArray } from 'rxjs';
import { directCallOf, type DirectCall } from './fast/direct-call.js';
import type { EventContext } from '../declare/event-context.js';
import { calledMethod, errorOf, noteThrown } from './nest-errors.js';

/** Calls a handler, and resolves to all values that the handler returned. */
export type Handle = (event: object, context: EventContext) => Promise<readonly unknown[]>;

/**
 * Creates the function that calls a handler. Up to the first success, events go through Nest's pipeline, which reveals the method
 * behind the handler. Later events call the method directly if `directCallOf` returns a direct call.
 *
 * @param container container of the application. Without a container, every event goes through Nest's pipeline.
 */
export function nestHandle(handler: MessageHandler, container: NestContainer | undefined): Handle {
  let direct: DirectCall | undefined;
  let isDecided = false;

  const throughNest: Handle = async (event, context) => {
    try {
      return await everything((await handler(event, context)) as unknown);
    } catch (reported) {
      throw errorOf(reported, context);
    }
  };

  return async (event, context) => {
    if (!direct) {
      const returned = await throughNest(event, context);
      if (!isDecided) {
        const method = calledMethod(context);
        direct = container && method && directCallOf(container, method);
        isDecided = true;
      }
      return returned;
    }
    try {
      const answer = await direct(event, context);
      return isObservable(answer) ? await everything(answer) : [answer];
    } catch (error) {
      // Nest then calls its filters with the error, and does not call the method.
      noteThrown(error, context);
      return throughNest(event, context);
    }
  };
}

/**
 * Resolves to all values of an Observable; rejects if the Observable fails. Any other value becomes the only item of the result.
 */
async function everything(answer: unknown): Promise<readonly unknown[]> {
  return isObservable(answer) ? lastValueFrom(answer.pipe(toArray())) : [answer];
}
