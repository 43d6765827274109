import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Schema } from './database.js';
import { openStore, type StoreOptions } from './open-store.js';
import { Store } from './store.js';

/** Opens the service's database when Nest creates the application, and provides it as `Store` to all modules. */
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(private readonly store: Store) {}

  static forRoot<Tables extends Schema>(options: StoreOptions<Tables>): DynamicModule {
    return {
      module: StoreModule,
      global: true,
      providers: [{ provide: Store, useFactory: () => openStore(options) }],
      exports: [Store],
    };
  }

  /** Called by Nest after the transport has closed. Only handlers that outlast the drain timeout may still be running. */
  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
