import type { EventContext } from '@cascade/jetstream';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { from, lastValueFrom, type Observable, toArray } from 'rxjs';

/** What goes wrong in a processor, at each event anew. Several go wrong together. */
export interface Faults {
  /** So many attempts fail before the handler is called. With as many as the processor has, the event is dead-lettered. */
  fail?: number;
  /**
   * So many attempts end the service once the handler is done, which is the worst moment: nothing that it returned is published,
   * nothing that was in hand is acknowledged. The service is started again at once.
   */
  crash?: number;
  /** Milliseconds that pass before the handler is called. */
  slow?: number;
}

/** What an injected fault threw. */
export class InjectedFaultError extends Error {
  override readonly name = 'InjectedFaultError';
}

/** Stands before every handler of a service, as a global interceptor, so that neither handler nor transport knows of it. */
export class FaultInjection implements NestInterceptor {
  /** @param crash Cuts the service off, so that nothing more of it reaches the broker. */
  constructor(
    private readonly faultsOf: (processor: string) => Faults | undefined,
    private readonly crash: () => Promise<void>,
  ) {}

  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (execution.getType() !== 'rpc') return next.handle();
    const { processor, attempt } = execution.switchToRpc().getContext<EventContext>();
    const { fail = 0, crash = 0, slow = 0 } = this.faultsOf(processor) ?? {};
    if (slow > 0) await delay(slow);
    if (attempt <= fail) throw new InjectedFaultError(`attempt ${attempt} of ${fail} that fail`);
    if (attempt > crash) return next.handle();
    const returned = await lastValueFrom(next.handle().pipe(toArray()));
    await this.crash();
    return from(returned);
  }
}
