import { Module, type DynamicModule, type ValueProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { JetStreamConnection, type JetStreamConnectionOptions } from './client/connection.js';
import { InvalidDeclarationError } from './errors.js';
import type { EventClass } from './contract/event-class.js';
import { eventFault } from './declare/declaration-faults.js';
import type { ServiceDeclaration } from './provision/service-declaration.js';
import { EventPublisher, SERVICE } from './publish/event-publisher.js';
import { FailureReader } from './failures/failure-reader.js';
import { registerErrorHook } from './nest/nest-errors.js';
import { fault, shown } from './options.js';
import { Pauses } from './health/pauses.js';
import { Publishes } from './health/publishes.js';
import { Replays } from './replay/replays.js';
import { UnreadEvents } from './health/unread-events.js';
import { JetStreamStrategy, type StrategyOptions } from './consume/strategy.js';

export interface JetStreamOptions extends JetStreamConnectionOptions, StrategyOptions {
  /**
   * Classes of the service's initiating events. These events are published through {@link EventPublisher} or an outbox. The next
   * events of a processor are declared in the options of the processor. Default: no classes.
   */
  publishes?: readonly EventClass[];
}

/** Providers that a service may inject. */
const INJECTABLE = [EventPublisher, FailureReader, Replays, Pauses, UnreadEvents, Publishes];

/** Provides one connection, the transport and the publisher for the whole application. */
@Module({})
export class JetStreamModule {
  /**
   * Returns the module of a service.
   *
   * @throws InvalidDeclarationError if `publishes` lists a class that is not an event
   * @throws InvalidDeclarationError if `publishWindow` is not a positive whole number
   */
  static forRoot(options: JetStreamOptions): DynamicModule {
    const { source, publishes = [], streams } = options;
    const service: ServiceDeclaration = { source, publishes, ...(streams ? { streams } : {}) };
    assertOptions(options);
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
            return new JetStreamStrategy(connection, options, moduleRef['container']);
          },
        },
        { provide: SERVICE, useValue: service },
        ...INJECTABLE,
      ],
      exports: [JetStreamConnection, JetStreamStrategy, ...INJECTABLE],
    };
  }
}

/** Returns the service that {@link JetStreamModule.forRoot} declares; undefined for any other module. */
export function serviceOf({ module, providers = [] }: DynamicModule): ServiceDeclaration | undefined {
  if (module !== JetStreamModule) return undefined;
  const provider = providers.find((candidate) => 'provide' in candidate && candidate.provide === SERVICE);
  return (provider as ValueProvider<ServiceDeclaration>).useValue;
}

function assertOptions({ source, publishes = [], publishWindow = 1 }: JetStreamOptions): void {
  const faults = [
    ...publishes.flatMap(eventFault).map((found) => `publishes: ${found}`),
    ...fault(
      !(Number.isSafeInteger(publishWindow) && publishWindow >= 1),
      `publishWindow must be a whole number of at least 1, found ${shown(publishWindow)}`,
    ),
  ];
  if (faults.length > 0) throw new InvalidDeclarationError(`Service '${source}': ${faults.join('; ')}.`);
}
