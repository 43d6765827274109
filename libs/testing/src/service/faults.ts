import type { EventContext } from '@cascade/jetstream';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { from, lastValueFrom, type Observable, toArray } from 'rxjs';

/** Faults of a processor, which occur for each event. Several faults can occur together. */
export interface Faults {
  /**
   * Number of attempts, starting with the first, that fail before the handler is called. If all attempts of the processor fail,
   * the event is dead-lettered.
   */
  fail?: number;
  /**
   * Number of attempts, starting with the first, that crash the service after the handler. An attempt that fails because of
   * `fail` does not crash the service. A crash at this moment is the worst case. The result is not published, and no event in
   * flight is acknowledged. The service restarts immediately.
   */
  crash?: number;
  /** Delay before the handler is called, in milliseconds. */
  slow?: number;
}

/** Thrown by an injected fault. */
export class InjectedFaultError extends Error {
  override readonly name = 'InjectedFaultError';
}

/** Global interceptor that injects faults before and after the handlers of a service. */
export class FaultInjection implements NestInterceptor {
  /** @param crash Simulates a crash of the service. */
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
