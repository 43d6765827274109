import { channelOf, EVENTS_STREAM, FAILURES_STREAM, readStream, ReplayRequested } from '@cascade/jetstream';
import { jetstream, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { Broker } from '../broker/broker.js';
import { fault, note, ok, type Finding } from './finding.js';

/** A stream that is not there: the broker refuses what is meant for it alone, so nothing is ever stored. */
const NO_STREAM = 'CASCADE_DOCTOR';

/**
 * Whether this user may read the streams, and whether it may publish and replay.
 *
 * @param missing what is not on the broker: `stream EVENTS`
 */
export async function checkRights(broker: Broker, missing: readonly string[]): Promise<Finding[]> {
  const isThere = (stream: string) => !missing.includes(`stream ${stream}`);
  const streams = [EVENTS_STREAM, FAILURES_STREAM].filter(isThere);
  const unreadable: string[] = [];
  for (const stream of streams) if (await isDenied(() => read(broker, stream))) unreadable.push(stream);
  const reading = unreadable.map((stream) =>
    fault(
      'rights',
      `this user may not read the stream ${stream}`,
      'set NATS_URL or NATS_CREDS to one that may, or give it the right at the broker',
    ),
  );
  // A user that only looks on is as it should be.
  const mayPublish = !streams.includes(EVENTS_STREAM) || !(await isDenied(() => tryToPublish(broker)));
  return [
    ...reading,
    ...(mayPublish
      ? []
      : [note('rights', 'this user may not publish: `publish` and `replay` are not for it')]),
    ...(reading.length === 0 && mayPublish
      ? [ok('rights', 'this user may read the streams, publish and replay')]
      : []),
  ];
}

async function read({ nats }: Broker, stream: string): Promise<void> {
  const since = new Date(Date.now() + 60_000);
  const subjects = stream === EVENTS_STREAM ? ['events.>'] : ['failed.>'];
  await readStream(nats, { stream, subjects, since }).next();
}

async function tryToPublish({ nats }: Broker): Promise<void> {
  await jetstream(nats)
    .publish(channelOf(ReplayRequested.event.name), '', { expect: { streamName: NO_STREAM } })
    .catch((error: unknown) => {
      // So far it came: the server refuses it for the sake of the stream.
      if (!(error instanceof JetStreamApiError)) throw error;
    });
}

async function isDenied(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    const reasons = [error, (error as Error).cause];
    if (reasons.some((reason) => reason instanceof errors.PermissionViolationError)) return true;
    throw error;
  }
}
