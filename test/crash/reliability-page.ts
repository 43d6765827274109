import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describeMachine } from './machine.js';
import { resultTable } from './result-table.js';
import type { ScenarioResult } from './run-scenarios.js';

/** Writes `docs/reliability.md` with the claims and the results of a full run. */
export async function writeReliabilityPage(
  root: string,
  results: readonly ScenarioResult[],
  seed: number,
): Promise<void> {
  const minutes = results.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const page = pageOf({ table: resultTable(results), seed, minutes, machine: await describeMachine() });
  await writeFile(
    join(root, 'docs', 'reliability.md'),
    await format(page, { parser: 'markdown', printWidth: 110 }),
  );
}

interface Page {
  table: string;
  seed: number;
  minutes: number;
  machine: readonly string[];
}

function pageOf({ table, seed, minutes, machine }: Page): string {
  return `# Reliability

This page lists what Cascade promises when processes, broker, database or mail server die, and the test of these promises.
\`npm run test:crash\` writes the page with the figures of one run.

## Claims

- **An acknowledged signup is not lost.** Once a signup is answered with 202, its user and its event are both in the database. The event
  reaches every processor at least once, however often processes are killed, as long as their disks are intact. The limit is the time for
  which the stream keeps an event (\`EVENTS_MAX_AGE\`, 7 days by default). The stream then deletes the event, even if a processor has not
  read it. From half of that time on, the processor's \`/health/ready\`, \`node cascade lag\` and \`node cascade doctor\` report it.
- **At least once, from the outbox row to the last processor.** A processor may get an event again after a crash. The id of an event stays
  the same. The ids of what a processor publishes are derived from it.
- **Effects in a service's own database happen once.** There is one row for each user, whatever is repeated.
- **Mails and text messages are sent at least once.** A notifier may die after the mail server's answer and before it has recorded the
  answer. Then it sends that mail again, under the same \`Message-ID\`.
- **A failure is an event.** An event that a processor gives up on is kept whole and announced once. It can be replayed to that processor
  alone.

## Not claimed

- Exactly-once delivery. No system can deliver a mail exactly once.
- A global order of events.
- Survival of power loss. If a process is killed, the operating system keeps its writes; if a machine loses power, unsynced writes are
  lost. The broker syncs to disk every two minutes. \`sync_interval: always\` changes that, and makes storing an event about five times
  slower. The embedded database never syncs. PostgreSQL syncs by default.

## The test

The test uses real processes, a real broker, real databases and a real SMTP server, which counts mails. Clients repeat a signup with the
same idempotency key until it is acknowledged. After each scenario all faults end, and the system drains. A backlog that
does not shrink for 60 s fails the test. Then the test compares acknowledged signups, users, published outbox rows, event ids in the stream
and metadata rows. They must be the same, with nothing missing, nothing unexpected and no second row for a user. The only failure events
must be those that the scenario causes. Extra mails are counted by recipient, and each must have the \`Message-ID\` of the first mail.

Kill times and orders come from the seed. The work of the processes does not. A run with the same seed kills at the same moments, but
perhaps at another point of the work.

${table}

Ratios compare runs on the same machine, one after the other. Rates are from this machine, and are not a promise.

## The run

- ${new Date().toISOString().slice(0, 10)}, \`SEED=${seed} npm run test:crash\`, ${Math.round(minutes)} minutes
${machine.map((part) => `- ${part}`).join('\n')}

\`npm run test:crash -- --only kill-broker\` runs one scenario. \`npm run test:crash -- --short\` is the short form, which \`npm test\` includes.
The short form has smaller counts and runs several scenarios at once, so it does not check ratios of times.
`;
}
