import type { EventClass } from '../contract/event-class.js';
import {
  channelOf,
  EVENTS_STREAM,
  failureChannelOf,
  failureStateSubject,
  inboxPrefixOf,
  outboxAnswersOf,
  outboxRequestsOf,
  retriesOf,
} from '../wire/names.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { ProcessorPaused, ProcessorResumed } from '../events/processor-state-events.js';
import type { ServiceDeclaration } from './service-declaration.js';
import { consumerConfigs } from './stream-settings.js';

/**
 * Rights of a NATS user, as lists of subjects and wildcards. The property names are the same as in the server's configuration.
 */
export interface Permissions {
  publish: string[];
  subscribe: string[];
}

/**
 * Returns the minimum rights that a service needs for all of its work. The streams and consumers must be provisioned by another
 * identity. With these rights, the service cannot create, read or change anything else.
 */
export function permissionsOf(
  { source, publishes }: ServiceDeclaration,
  processors: readonly ProcessorDeclaration[],
): Permissions {
  // Initiating events may wait in an outbox, and the command line sends requests about the outbox.
  const hasOutbox = publishes.length > 0;
  const subjects = [
    ...publishes.map(channelOfClass),
    ...processors.flatMap(subjectsOf),
    ...(hasOutbox ? [outboxAnswersOf(source)] : []),
  ];
  return {
    publish: [...new Set(subjects)].sort(),
    subscribe: [`${inboxPrefixOf(source)}.>`, ...(hasOutbox ? [outboxRequestsOf(source)] : [])],
  };
}

/**
 * Returns the subjects on which a processor publishes events, retries, failures, failure states, requests and acknowledgements.
 */
function subjectsOf(declaration: ProcessorDeclaration): string[] {
  const { processor, formerly, consumes, publishes, pause, channel } = declaration;
  return [
    ...publishes.map(channelOfClass),
    ...(pause ? [ProcessorPaused, ProcessorResumed].map(channelOfClass) : []),
    ...consumerConfigs(declaration).flatMap(({ stream, config }) => [
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${config.durable_name}`,
      `$JS.ACK.${stream}.${config.durable_name}.>`,
    ]),
    // An event that is too large for its failure event is read from its stream.
    ...(channel.failuresOf ? [`$JS.API.STREAM.MSG.GET.${EVENTS_STREAM}`] : []),
    retriesOf(processor),
    failureChannelOf(processor, consumes.event.name),
    ...[processor, ...formerly].map((name) => failureStateSubject(name, '*')),
  ];
}

function channelOfClass({ event }: EventClass): string {
  return channelOf(event.name);
}
