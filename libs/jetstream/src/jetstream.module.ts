import { Module, type DynamicModule } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { JetStreamConnection, type JetStreamConnectionOptions } from './connection.js';
import { EventPublisher, SOURCE } from './event-publisher.js';
import { FailureArchive } from './failure-archive.js';
import { registerErrorHook } from './nest-errors.js';
import { Pauses } from './pauses.js';
import { Replays } from './replays.js';
import { JetStreamStrategy, type StrategyOptions } from './strategy.js';

export interface JetStreamOptions extends JetStreamConnectionOptions, StrategyOptions {}

/** One connection, the transport and the publisher for the whole application. */
@Module({})
export class JetStreamModule {
  static forRoot(options: JetStreamOptions): DynamicModule {
    return {
      module: JetStreamModule,
      global: true,
      providers: [
        { provide: JetStreamConnection, useFactory: () => new JetStreamConnection(options) },
        {
          provide: JetStreamStrategy,
          inject: [JetStreamConnection, ModuleRef],
          useFactory: (connection: JetStreamConnection, moduleRef: ModuleRef) => {
            registerErrorHook(moduleRef);
            return new JetStreamStrategy(connection, options);
          },
        },
        { provide: SOURCE, useValue: options.source },
        EventPublisher,
        FailureArchive,
        Replays,
        Pauses,
      ],
      exports: [JetStreamConnection, JetStreamStrategy, EventPublisher, FailureArchive, Replays, Pauses],
    };
  }
}
