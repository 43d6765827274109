import { CloudEventHeader } from '@cascade/jetstream';
import { ceTypeOf } from '../event-version.js';
import type { Contract } from '../topology.js';

const text = (description: string) => ({ type: 'string', description });

/** NATS headers of every event. */
export const CLOUD_EVENTS_TRAIT = {
  contentType: 'application/json',
  correlationId: {
    description: 'Shared by all events of a flow.',
    location: `$message.header#/${CloudEventHeader.correlationId}`,
  },
  headers: {
    type: 'object',
    description:
      'CloudEvents 1.0, NATS binding, binary mode; values are percent-encoded. The services set all headers that are not optional. ' +
      'A message without any of these headers is read too, and gets an id.',
    properties: {
      [CloudEventHeader.specVersion]: { type: 'string', const: '1.0' },
      [CloudEventHeader.id]: text(
        'Unique; a second event with the same id is dropped for 10 minutes. Our services use UUIDs.',
      ),
      [CloudEventHeader.source]: text('The service or processor that published the event.'),
      [CloudEventHeader.type]: text('Name and version of the event.'),
      [CloudEventHeader.time]: { type: 'string', format: 'date-time' },
      [CloudEventHeader.dataContentType]: { type: 'string', const: 'application/json' },
      [CloudEventHeader.correlationId]: text('Id of the flow: by default the id of the event that began it.'),
      [CloudEventHeader.causationId]: text(
        'Id of the event that led to this one; an initiating event has none.',
      ),
      traceparent: text('W3C Trace Context, optional.'),
      tracestate: text('W3C Trace Context, optional.'),
      'Nats-Msg-Id': text('The same as ce-id: JetStream uses it to drop duplicates.'),
    },
  },
};

export function messageOf(contract: Contract): object {
  const { event, class: className, schema, samples, newest, upcastsFrom } = contract;
  const type = ceTypeOf(contract);
  const { $schema: _draft, ...payload } = schema;
  return {
    name: type,
    title: className,
    ...(newest ? {} : { summary: 'An older version: its stored events are read and upcast.' }),
    ...(upcastsFrom === undefined ? {} : { 'x-upcasts-from': ceTypeOf({ event, version: upcastsFrom }) }),
    headers: {
      type: 'object',
      properties: { [CloudEventHeader.type]: { type: 'string', const: type } },
    },
    payload,
    ...(samples.length > 0
      ? { examples: samples.map(({ file, data }) => ({ name: file.split('/').at(-1), payload: data })) }
      : {}),
    traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
  };
}
