import { JetStreamStrategy } from '@cascade/jetstream';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { quietLog } from '../quiet-log.js';

/**
 * Makes an application of the transport alone, without HTTP, configuration or signals: for specs of what a service is built of.
 * Specs of processors have `startProcessor`. Nothing is consumed until `listen()`.
 */
export function createMicroservice(module: Type | DynamicModule): Promise<INestMicroservice> {
  return NestFactory.createMicroservice(module, {
    logger: quietLog,
    abortOnError: false,
    inject: [JetStreamStrategy],
    useFactory: (strategy: JetStreamStrategy) => ({ strategy }),
  });
}
