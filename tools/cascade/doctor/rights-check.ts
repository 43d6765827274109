import { channelOf, EVENTS_STREAM, FAILURES_STREAM, readStream, ReplayRequested } from '@cascade/jetstream';
import { jetstream, JetStreamApiError } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.js';
import { isDenial } from '../explain.js';
import { fault, note, ok, type Finding } from './finding.js';

/** Name of a stream that does not exist. The broker rejects an event with this expected stream name, so nothing is stored. */
const NO_STREAM = 'CASCADE_DOCTOR';

/**
 * Checks that this user may read the streams, publish and replay.
 *
 * @param missing streams and consumers that do not exist on the broker, such as `stream EVENTS`
 */
export async function checkRights(broker: Broker, missing: readonly string[]): Promise<Finding[]> {
  const isThere = (stream: string) => !missing.includes(`stream ${stream}`);
  const streams = [EVENTS_STREAM, FAILURES_STREAM].filter(isThere);
  const findings: Finding[] = [];
  for (const stream of streams) {
    if (!(await isDenied(() => read(broker, stream)))) continue;
    const remedy = 'set NATS_URL or NATS_CREDS to a user that may, or grant the right at the broker';
    findings.push(fault('rights', `this user may not read the stream ${stream}`, remedy));
  }
  // The missing right is not a fault, because a user may need only the right to read.
  if (streams.includes(EVENTS_STREAM) && (await isDenied(() => tryToPublish(broker))))
    findings.push(note('rights', 'this user may not publish, so it cannot call `publish` and `replay`'));
  if (findings.length > 0) return findings;
  return [ok('rights', 'this user may read the streams, publish and replay')];
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
      // The broker rejected only the expected stream name, so the user has the right to publish.
      if (!(error instanceof JetStreamApiError)) throw error;
    });
}

async function isDenied(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    if (isDenial(error)) return true;
    throw error;
  }
}
