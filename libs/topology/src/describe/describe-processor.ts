import {
  consumerConfigs,
  failureChannelOf,
  type ErrorClass,
  type ProcessorDeclaration,
} from '@cascade/jetstream';
import { versionOf } from '../event-version.js';
import type { LoadedProcessor } from '../read/declarations.js';
import type { Consumer, Consumption, Processor } from '../topology.js';
import { byKey } from './sorting.js';

export function describeProcessor(app: string, { declaration, handler }: LoadedProcessor): Processor {
  const { processor, consumes, publishes, concurrency, attempts, delays, jitter, ackWait, pause } =
    declaration;
  const retryOn = namesOf(declaration.retryOn);
  return {
    name: processor,
    formerly: [...declaration.formerly],
    app,
    handler,
    consumes: consumptionOf(declaration),
    publishes: publishes.map(versionOf).sort(byKey('event', 'version')),
    concurrency,
    attempts,
    delays: [...delays],
    jitter,
    ackWait,
    ...(retryOn.includes('Error') ? {} : { retryOn }),
    unrecoverable: namesOf(declaration.unrecoverable),
    ...(pause ? { pause: { ...pause } } : {}),
    failureChannel: failureChannelOf(processor, consumes.event.name),
    consumers: consumersOf(declaration),
  };
}

function consumptionOf({ channel, consumes }: ProcessorDeclaration): Consumption {
  const { subject, stream, failuresOf } = channel;
  const place = { channel: subject, stream };
  return failuresOf
    ? { ...versionOf(failuresOf.event), ...place, failuresOf: failuresOf.processor }
    : { ...versionOf(consumes), ...place };
}

function consumersOf(declaration: ProcessorDeclaration): Consumer[] {
  return consumerConfigs(declaration)
    .map(({ stream, config }) => ({
      stream,
      durable: config.durable_name,
      subjects: [...(config.filter_subjects ?? [])].sort(),
    }))
    .sort(byKey('stream', 'durable'));
}

function namesOf(classes: readonly ErrorClass[]): string[] {
  return classes.map(({ name }) => name).sort();
}
