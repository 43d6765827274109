import { JetStreamStrategy } from '@cascade/jetstream';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { quietLog } from '../quiet-log.js';

/**
 * Creates an application with only the transport, without HTTP, configuration or signals, for specs of libraries. Specs of
 * processors use `startProcessor`. Nothing is consumed before `listen()`.
 */
export function createMicroservice(module: Type | DynamicModule): Promise<INestMicroservice> {
  return NestFactory.createMicroservice(module, {
    logger: quietLog,
    abortOnError: false,
    inject: [JetStreamStrategy],
    useFactory: (strategy: JetStreamStrategy) => ({ strategy }),
  });
}
