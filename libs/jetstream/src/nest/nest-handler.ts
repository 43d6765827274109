import type { NestContainer } from '@nestjs/core';
import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom, toArray } from 'rxjs';
import { directCallOf, type DirectCall } from './fast/direct-call.js';
import type { EventContext } from '../declare/event-context.js';
import { calledMethod, errorOf, noteThrown } from './nest-errors.js';

/** Runs the handler through Nest's pipeline and resolves with everything that it returned. */
export type Handle = (event: object, context: EventContext) => Promise<readonly unknown[]>;

/**
 * Calls a handler as Nest has wrapped it, and by a shorter way where nothing of the user's stands between the event and the
 * method. The first event takes the long way and shows which method that is.
 *
 * @param container the application's; without it every event takes the long way
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
      if (!isDecided) direct = container && decide(container, context);
      isDecided = true;
      return returned;
    }
    try {
      const answer = await direct(event, context);
      return isObservable(answer) ? await everything(answer) : [answer];
    } catch (error) {
      // Nest does not call the method then, but its filters with the error.
      noteThrown(error, context);
      return throughNest(event, context);
    }
  };
}

function decide(container: NestContainer, context: EventContext): DirectCall | undefined {
  const method = calledMethod(context);
  return method && directCallOf(container, method);
}

/** A handler answers with a value or an Observable of several, which may fail. */
async function everything(answer: unknown): Promise<readonly unknown[]> {
  return isObservable(answer) ? lastValueFrom(answer.pipe(toArray())) : [answer];
}
