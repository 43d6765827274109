import {
  EVENTS_STREAM,
  FAILURES_STREAM,
  ProvisionError,
  RETRIES_STREAM,
  shownSetting,
  type ProvisionDifference,
} from '@cascade/jetstream';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Declared } from '../declared.js';
import { explain, isDenial } from '../explain.js';
import type { Host } from '../host.js';
import { provisioningOf } from '../provision/provisioning.js';
import { readRoom, type BrokerRoom } from '../streams/room.js';
import { checkExpiry } from './expiry-check.js';
import { fault, note, ok, type Finding } from './finding.js';
import { checkOutboxes } from './outbox-check.js';
import { checkRights } from './rights-check.js';
import { checkLeaders, checkRoom } from './room-check.js';

/**
 * Checks the broker, its streams and consumers, the room in the streams, the outboxes, and the rights of this user. After a
 * fault, the checks that depend on the faulty part are skipped.
 */
export async function checkBrokerAndStreams(host: Host, declared: Declared | undefined): Promise<Finding[]> {
  try {
    return await withBroker(host, async (broker) => [
      ok('broker', `nats-server ${broker.nats.info?.version} at ${broker.nats.getServer()}, with JetStream`),
      ...(await checkWithin(broker, declared, host)),
    ]);
  } catch (error) {
    return [asFault('broker', error, host)];
  }
}

async function checkWithin(broker: Broker, declared: Declared | undefined, host: Host): Promise<Finding[]> {
  try {
    const room = await readRoom(broker);
    const leaderless = checkLeaders(room);
    if (leaderless.length > 0) return leaderless;
    const compared = declared ? await compare(broker, declared) : { findings: [], missing: [] };
    return [
      ...compared.findings,
      ...checkRoom(room),
      ...(declared && hasStreams(room) ? await checkExpiry(broker, declared) : []),
      ...(declared ? await checkOutboxes(broker, declared.publishers) : []),
      ...(await checkRights(broker, compared.missing)),
    ];
  } catch (error) {
    if (error instanceof ProvisionError) return [fault('broker', error.message, 'upgrade nats-server')];
    return [asFault(isDenial(error) ? 'rights' : 'broker', error, host)];
  }
}

/** True if all streams exist. Another check reports a missing stream. The check of expiring events needs all streams. */
function hasStreams({ streams }: BrokerRoom): boolean {
  return [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM].every((name) =>
    streams.some(({ of }) => of === name),
  );
}

async function compare(broker: Broker, declared: Declared) {
  const provisioning = provisioningOf(broker, declared);
  const differences = await provisioning.check();
  const retired = await provisioning.retired();
  const of = (kind: string) => differences.filter(({ what }) => what.startsWith(kind));
  const findings = [
    ...provisioned('streams', of('stream')),
    ...provisioned('consumers', of('consumer')),
    ...retired.map(({ processor }) =>
      note(
        'consumers',
        `the broker has consumers or retries of processor ${processor} that the code does not declare: see \`provision --check\``,
      ),
    ),
  ];
  return { findings, missing: differences.filter(({ missing }) => missing).map(({ what }) => what) };
}

function provisioned(about: string, differences: readonly ProvisionDifference[]): Finding[] {
  if (differences.length === 0) return [ok(about, 'as declared')];
  return differences.map(({ what, missing, settings }) => {
    const list = settings.map(
      ({ name, wanted, found }) =>
        `${name} is ${shownSetting(name, found)}, and declared as ${shownSetting(name, wanted)}`,
    );
    return fault(
      about,
      `${what} ${missing ? 'is missing' : `differs: ${list.join('; ')}`}`,
      'node cascade provision',
    );
  });
}

function asFault(about: string, error: unknown, host: Host): Finding {
  const { message, remedies } = explain(error, host);
  return fault(about, message, remedies.join(' '));
}
