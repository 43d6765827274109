import { Module, type DynamicModule } from '@nestjs/common';
import { OUTBOX_OPTIONS, OutboxRelay, type OutboxOptions } from './outbox-relay.js';
import { Outbox } from './outbox.js';

/** The outbox of a service, and the relay that publishes it. Needs `StoreModule` and `JetStreamModule`. */
@Module({})
export class OutboxModule {
  static forRoot(options: OutboxOptions = {}): DynamicModule {
    return {
      module: OutboxModule,
      global: true,
      providers: [{ provide: OUTBOX_OPTIONS, useValue: options }, OutboxRelay, Outbox],
      exports: [Outbox, OutboxRelay],
    };
  }
}
