import type { Broker } from '../broker/broker.js';
import type { Publisher } from '../declared.js';
import { isDenial } from '../explain.js';
import { outboxesOf, showAll, type ShownOutbox } from '../outbox/outboxes.js';
import { counted } from '../text/numbers.js';
import { printable } from '../text/printable.js';
import { fault, note, ok, type Finding } from './finding.js';

const LATE_AFTER = 10_000;

/**
 * Checks the outboxes of running services. A missing answer is not a fault, because the service may be stopped or have no outbox.
 */
export async function checkOutboxes(broker: Broker, publishers: readonly Publisher[]): Promise<Finding[]> {
  try {
    const { outboxes, failed } = await showAll(outboxesOf(broker, publishers), 0);
    return [
      ...outboxes.flatMap((outbox) => findingsOf(outbox, Date.now())),
      ...failed.map(({ reason }) => fault('outbox', printable(reason), 'check its log and its database')),
    ];
  } catch (error) {
    if (isDenial(error)) return [note('outbox', 'this user may not query the outboxes of services')];
    throw error;
  }
}

export function findingsOf({ app, waiting, oldest, setAside }: ShownOutbox, now: number): Finding[] {
  const isLate = oldest !== undefined && now - Date.parse(oldest.addedAt) > LATE_AFTER;
  const error = oldest?.error ? ` (${printable(oldest.error)})` : '';
  const findings: Finding[] = [];
  if (isLate) {
    const says = `${app}: ${counted(waiting, 'event')} waiting, the oldest since ${oldest.addedAt}${error}`;
    findings.push(
      fault('outbox', says, 'make room at the broker, or restart it: the events are published then'),
    );
  }
  if (setAside > 0) {
    const says = `${app}: ${counted(setAside, 'event')} set aside because the broker refused them permanently`;
    findings.push(fault('outbox', says, '`node cascade outbox` shows why, puts them back, or drops them'));
  }
  if (findings.length > 0) return findings;
  return [ok('outbox', `${app}: no event waits for long, and none is set aside`)];
}
