import { Module, type DynamicModule, type ValueProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { JetStreamConnection, type JetStreamConnectionOptions } from './client/connection.js';
import { InvalidDeclarationError } from './errors.js';
import { assertEventClass, type EventClass } from './contract/event-class.js';
import type { ServiceDeclaration } from './provision/service-declaration.js';
import { EventPublisher, SERVICE } from './publish/event-publisher.js';
import { FailureReader } from './failures/failure-reader.js';
import { registerErrorHook } from './nest/nest-errors.js';
import { shown } from './options.js';
import { Pauses } from './health/pauses.js';
import { Publishes } from './health/publishes.js';
import { Replays } from './replay/replays.js';
import { UnreadEvents } from './health/unread-events.js';
import { JetStreamStrategy, type StrategyOptions } from './consume/strategy.js';

export interface JetStreamOptions extends JetStreamConnectionOptions, StrategyOptions {
  /**
   * Every event that the service publishes by itself, through {@link EventPublisher} or an outbox: its initiating events. What
   * its processors return is declared at them. Default none.
   */
  publishes?: readonly EventClass[];
}

/** One connection, the transport and the publisher for the whole application. */
@Module({})
export class JetStreamModule {
  /** @throws InvalidDeclarationError where `publishes` lists what is no event, or `publishWindow` is no whole number from 1 */
  static forRoot(options: JetStreamOptions): DynamicModule {
    const { source, publishes = [], streams } = options;
    const service: ServiceDeclaration = { source, publishes, ...(streams ? { streams } : {}) };
    assertEventClasses(service);
    assertPublishWindow(options);
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
        EventPublisher,
        FailureReader,
        Replays,
        Pauses,
        UnreadEvents,
        Publishes,
      ],
      exports: [
        JetStreamConnection,
        JetStreamStrategy,
        EventPublisher,
        FailureReader,
        Replays,
        Pauses,
        UnreadEvents,
        Publishes,
      ],
    };
  }
}

/** What {@link JetStreamModule.forRoot} was told of the service; undefined for another module. */
export function serviceOf({ module, providers = [] }: DynamicModule): ServiceDeclaration | undefined {
  if (module !== JetStreamModule) return undefined;
  const provider = providers.find((candidate) => 'provide' in candidate && candidate.provide === SERVICE);
  return (provider as ValueProvider<ServiceDeclaration>).useValue;
}

function assertEventClasses({ source, publishes }: ServiceDeclaration): void {
  for (const type of publishes) {
    try {
      assertEventClass(type);
    } catch (cause) {
      throw new InvalidDeclarationError(`Service '${source}', publishes: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

function assertPublishWindow({ source, publishWindow = 1 }: JetStreamOptions): void {
  if (Number.isSafeInteger(publishWindow) && publishWindow >= 1) return;
  throw new InvalidDeclarationError(
    `Service '${source}': publishWindow must be a whole number from 1, found ${shown(publishWindow)}.`,
  );
}
