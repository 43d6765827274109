import { CloudEventHeader } from '@cascade/jetstream';
import { ceTypeOf } from '../event-version.js';
import type { Contract } from '../topology.js';

const text = (description: string) => ({ type: 'string', description });

/** What every event carries in its NATS headers. */
export const CLOUD_EVENTS_TRAIT = {
  contentType: 'application/json',
  correlationId: {
    description: 'What all events of a flow have in common.',
    location: `$message.header#/${CloudEventHeader.correlationId}`,
  },
  headers: {
    type: 'object',
    description:
      'CloudEvents 1.0, NATS binding, binary mode; values are percent-encoded. All but the optional ones are set on what the ' +
      'services publish. A message without any of them is read too, and gets an id of its own.',
    properties: {
      [CloudEventHeader.specVersion]: { type: 'string', const: '1.0' },
      [CloudEventHeader.id]: text(
        'Unique; a second event of the same id is dropped for 10 minutes. A UUID from our services.',
      ),
      [CloudEventHeader.source]: text('The service or processor that published it.'),
      [CloudEventHeader.type]: text('Name and version of the event.'),
      [CloudEventHeader.time]: { type: 'string', format: 'date-time' },
      [CloudEventHeader.dataContentType]: { type: 'string', const: 'application/json' },
      [CloudEventHeader.correlationId]: text(
        'Of the flow: the id of the event that began it, unless it was given.',
      ),
      [CloudEventHeader.causationId]: text(
        'Id of the event that led to this one; an initiating event has none.',
      ),
      traceparent: text('W3C Trace Context, optional.'),
      tracestate: text('W3C Trace Context, optional.'),
      'Nats-Msg-Id': text('The same as ce-id: by it JetStream drops what is published twice.'),
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
    ...(newest ? {} : { summary: 'An older version: stored events of it are read, and upcast.' }),
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
