import { EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';
import { pgliteClusterOf } from '@cascade/store';
import { PGlite } from '@electric-sql/pglite';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignupLoad } from './signup-load.js';
import type { SignupSystem } from './system/signup-system.js';
import { round, type Trial } from './trial.js';

const STUCK_AFTER_MS = 60_000;
const STREAMS = ['EVENTS', 'RETRIES', 'FAILURES'];
const CHANNEL = 'events.user.signed-up';

export interface LedgerExpectations {
  /** Number of failure events that the scenario causes. Default: 0. */
  readonly failures?: number;
  /** Number of users whose welcome mail the scenario prevents. Default: 0. */
  readonly withoutMail?: number;
  /** Maximum number of mail messages beyond the first message to each recipient. Default: 0. */
  readonly extraMails?: number;
}

/**
 * Waits until all work is done. A slow machine may need a long time, so the wait fails only if the remaining work stops
 * shrinking.
 *
 * @returns the duration of the wait, in milliseconds
 * @throws Error that lists the remaining work, after 60 s without progress
 */
export async function drained(system: SignupSystem, load: SignupLoad): Promise<number> {
  const begun = performance.now();
  let [least, progressAt] = [Infinity, begun];
  for (;;) {
    const left: Left[] = await readLeft(system, load).catch((error: Error) => [
      { count: Infinity, what: error.message },
    ]);
    if (left.length === 0) return performance.now() - begun;
    const sum = left.reduce((total, { count }) => total + count, 0);
    if (sum < least) [least, progressAt] = [sum, performance.now()];
    if (performance.now() - progressAt > STUCK_AFTER_MS)
      throw new Error(
        `left after ${STUCK_AFTER_MS / 1_000} s without progress: ` +
          left.map(({ count, what }) => (count === Infinity ? what : `${count} ${what}`)).join(', '),
      );
    await sleep(250);
  }
}

interface Left {
  readonly count: number;
  readonly what: string;
}

async function readLeft({ client, postgres }: SignupSystem, load: SignupLoad): Promise<Left[]> {
  const left = [
    { count: load.acknowledged.size - (await client.count(EVENTS_STREAM, CHANNEL)), what: 'events to store' },
  ];
  for (const stream of STREAMS) {
    for (const [name, { waiting, inFlight }] of await client.backlogs(stream))
      left.push({ count: waiting + inFlight, what: `events of ${stream} for ${name}` });
  }
  // Read after the backlogs: a failed event leaves a backlog and then waits in RETRIES, where no backlog counts the event.
  left.push({ count: await client.count('RETRIES', '>'), what: 'events that wait for their next attempt' });
  const rows = await postgres?.query(
    'signup',
    'select count(*)::int as n from outbox where published_at is null',
  );
  left.push({ count: Number(rows?.[0]?.['n'] ?? 0), what: 'rows of the outbox to mark as published' });
  return left.filter(({ count }) => count > 0);
}

/**
 * Ends the load and all faults. Waits until all signups are acknowledged and all work is done. Then compares the acknowledged
 * signups with the users, outbox rows, stored events, metadata rows, mail and failure events. An embedded database is read after
 * its service has stopped.
 */
export async function checkLedger(
  trial: Trial,
  system: SignupSystem,
  load: SignupLoad,
  { failures = 0, withoutMail = 0, extraMails = 0 }: LedgerExpectations = {},
): Promise<void> {
  load.stopOffering();
  await system.heal();
  await load.finish();
  const within = await drained(system, load).catch((error: Error) => error);
  if (within instanceof Error) trial.expectEqual('drained', within.message, 'all');
  else trial.figure(`drained after ${round(within / 1_000)} s`);

  const { acknowledged } = load;
  const addresses = new Set(acknowledged.values());
  const { signups, users, published, metadata } = await readRows(system);
  const events = await readEvents(system);
  trial.figure(`${acknowledged.size} acknowledged`);
  expectSame(trial, 'signups', signups, new Set(acknowledged.keys()));
  // Compares addresses, because the response to a signup contains no user id. Each client has a different address.
  const places = {
    users: [...users.values()],
    'published outbox events': published,
    'events in the stream': events.addresses,
    'metadata rows': metadata.map((userId) => users.get(userId) ?? userId),
  };
  for (const [what, found] of Object.entries(places)) expectSame(trial, what, found, addresses);
  trial.expectEqual('event ids in the stream', events.ids.size, acknowledged.size);
  trial.expectEqual('failure events', await system.client.count(FAILURES_STREAM, 'failed.>'), failures);

  const unmailed = [...addresses].filter((email) => !system.mail.counts.has(email)).length;
  trial.expectEqual('users without a mail', unmailed, withoutMail);
  trial.expectAtMost('extra mails', system.mail.extra, extraMails);
  trial.expectEqual('Message-IDs', system.mail.messageIds.size, system.mail.counts.size);
  trial.figure(
    `lost 0, duplicate rows 0, ${system.mail.extra} extra mails`.replace(
      /lost 0, duplicate rows 0/,
      lossesOf(trial),
    ),
  );
}

function expectSame(
  trial: Trial,
  what: string,
  found: readonly string[],
  expected: ReadonlySet<string>,
): void {
  const distinct = new Set(found);
  trial.expectEqual(`${what}: lost`, [...expected].filter((one) => !distinct.has(one)).length, 0);
  trial.expectEqual(`${what}: unexpected`, found.filter((one) => !expected.has(one)).length, 0);
  trial.expectEqual(`${what}: duplicates`, found.length - distinct.size, 0);
}

/** Formats the numbers of lost, unexpected and duplicate items that the checks have counted so far. */
function lossesOf(trial: Trial): string {
  const sum = (suffix: string) =>
    trial.checks
      .filter(({ what }) => what.endsWith(suffix))
      .reduce((total, { seen }) => total + Number(seen), 0);
  return `lost ${sum(': lost')}, unexpected ${sum(': unexpected')}, duplicate rows ${sum(': duplicates')}`;
}

async function readEvents({ client }: SignupSystem): Promise<{ addresses: string[]; ids: Set<string> }> {
  const ids = new Set<string>();
  const addresses: string[] = [];
  for await (const message of client.read(EVENTS_STREAM, CHANNEL)) {
    const id = message.headers?.get('ce-id') ?? '';
    // A second copy of an event is not a fault, because processors recognize the event by its id.
    if (ids.has(id)) continue;
    ids.add(id);
    addresses.push(message.json<{ email: string }>().email);
  }
  return { addresses, ids };
}

async function readRows(system: SignupSystem) {
  const rowsOf = await openRows(system);
  const column = async (service: string, statement: string): Promise<string[]> =>
    (await rowsOf(service, statement)).map((row) => String(row['value']));
  const users = await rowsOf('signup', 'select id, email from users');
  return {
    signups: await column('signup', 'select id as value from signups'),
    /** Email addresses by user id. */
    users: new Map(users.map((row) => [String(row['id']), String(row['email'])])),
    published: await column(
      'signup',
      `select data->>'email' as value from outbox where published_at is not null`,
    ),
    metadata: await column(
      'metadata-writer',
      'select user_id as value from user_metadata where signed_up_at is not null',
    ),
  };
}

type Row = Readonly<Record<string, unknown>>;

async function openRows(system: SignupSystem) {
  const { postgres, folder } = system;
  if (!postgres) await system.stopServices();
  return async (service: string, statement: string): Promise<readonly Row[]> => {
    if (postgres) return postgres.query(service.replaceAll('-', '_'), statement);
    const database = await PGlite.create(pgliteClusterOf(join(folder, service)));
    try {
      return (await database.query<Row>(statement)).rows;
    } finally {
      await database.close();
    }
  };
}
