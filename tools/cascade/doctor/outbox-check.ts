import { errors } from '@nats-io/transport-node';
import type { Broker } from '../broker/broker.js';
import type { Publisher } from '../declared.js';
import { outboxesOf, showAll, type ShownOutbox } from '../outbox/outboxes.js';
import { counted } from '../text/numbers.js';
import { printable } from '../text/printable.js';
import { fault, note, ok, type Finding } from './finding.js';

/** Milliseconds that an event may wait in an outbox. */
const LATE_AFTER = 10_000;

/** What lies in the outboxes of the services that run. Of the others nothing is said: they are stopped, or have none. */
export async function checkOutboxes(broker: Broker, publishers: readonly Publisher[]): Promise<Finding[]> {
  try {
    const { outboxes, failed } = await showAll(outboxesOf(broker, publishers), 0);
    return [
      ...outboxes.flatMap((outbox) => findingsOf(outbox, Date.now())),
      ...failed.map(({ reason }) =>
        fault('outbox', printable(reason), 'look at its log, and at its database'),
      ),
    ];
  } catch (error) {
    if ((error as Error).cause instanceof errors.PermissionViolationError)
      return [note('outbox', 'this user may not ask services for their outboxes')];
    throw error;
  }
}

export function findingsOf({ app, waiting, oldest, setAside }: ShownOutbox, now: number): Finding[] {
  const isLate = oldest !== undefined && now - Date.parse(oldest.addedAt) > LATE_AFTER;
  const error = oldest?.error ? ` (${printable(oldest.error)})` : '';
  const findings = [
    ...(isLate
      ? [
          fault(
            'outbox',
            `${app}: ${counted(waiting, 'event')} waiting, the oldest since ${oldest.addedAt}${error}`,
            'make room at the broker, or bring it back: they are published then',
          ),
        ]
      : []),
    ...(setAside > 0
      ? [
          fault(
            'outbox',
            `${app}: ${counted(setAside, 'event')} set aside, which the broker refused for good`,
            '`node cascade outbox` shows why, puts them back, and drops them',
          ),
        ]
      : []),
  ];
  return findings.length > 0
    ? findings
    : [ok('outbox', `${app}: nothing waits for long, and nothing is set aside`)];
}
