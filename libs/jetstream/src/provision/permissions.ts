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

/** Rights of a NATS user, under the names of the server's configuration: subjects, wildcards included. */
export interface Permissions {
  publish: string[];
  subscribe: string[];
}

/**
 * The least rights with which a service does all of its work, sorted. Another identity has provisioned the streams and consumers.
 * The service can create, read or change nothing else.
 */
export function permissionsOf(
  { source, publishes }: ServiceDeclaration,
  processors: readonly ProcessorDeclaration[],
): Permissions {
  // Initiating events may lie in an outbox, which the command line asks about.
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

/** Subjects that a processor publishes on: events, retries, failures, requests to pull, and acknowledgements. */
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
