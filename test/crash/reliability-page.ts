import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describeMachine } from './machine.js';
import { resultTable } from './result-table.js';
import type { ScenarioResult } from './run-scenarios.js';

/** Writes `docs/reliability.md` with the claims and the results of a whole run. */
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

What Cascade promises when processes, broker, database or mail server die, and the test that shows it. This page is
written by \`npm run test:crash\`; its figures are those of one run.

## What is claimed

- **An acknowledged signup is not lost.** Once a signup is answered with 202, its user and its event are in the database
  together, and the event reaches every processor at least once, however often any or all processes are killed meanwhile,
  as long as their disks are intact. The limit is the time for which the stream keeps an event (\`EVENTS_MAX_AGE\`, 7 days unless set
  otherwise): an event that a processor has not read by then is deleted. From half of that time on, the processor's
  \`/health/ready\`, \`node cascade lag\` and \`node cascade doctor\` report it.
- **At least once, from the outbox row to the last processor.** A processor may see an event again after a crash. Each event
  has an id that stays the same, and what a processor publishes has ids that are derived from it.
- **Effects in a service's own database happen once.** One row for each user, whatever is repeated.
- **Mails and text messages are sent at least once.** A notifier that dies between the mail server's answer and its own note of
  it sends that mail again, under the same \`Message-ID\`.
- **A failure is an event.** What a processor gives up on is kept whole, announced once, and can be replayed to that
  processor alone.

## What is not claimed

- Exactly-once delivery. Nobody can deliver a mail exactly once.
- A global order of events.
- Survival of power loss. A process that is killed leaves what it wrote to the operating system; a machine that loses its power
  does not. The broker writes through to the disk every two minutes unless \`sync_interval: always\` is set, which makes
  storing an event about five times slower; the embedded database never does. PostgreSQL does by default.

## The test

Real processes, a real broker, real databases and a real SMTP server, which counts mails. Clients repeat a signup with the same
idempotency key until it is acknowledged. After each scenario everything is healed and gets 60 s to drain. Then these must be
the same, with nothing missing, nothing unexpected and no second row for a user: acknowledged signups, users, published
rows of the outbox, event ids in the stream, rows of metadata. There must be no failure event but those that the scenario
causes. Extra mails are counted by recipient, and each must bear the \`Message-ID\` of the first.

Kill times and orders come from the seed. The processes do not: a run with the same seed kills at the same moments, and may find
the system at another point of its work.

${table}

Ratios compare runs on the same machine, one after the other. Rates are of this machine, and are no promise.

## The run

- ${new Date().toISOString().slice(0, 10)}, \`SEED=${seed} npm run test:crash\`, ${Math.round(minutes)} minutes
${machine.map((part) => `- ${part}`).join('\n')}

One scenario alone: \`npm run test:crash -- --only kill-broker\`. The short form, which \`npm test\` runs:
\`npm run test:crash -- --short\`; it has smaller counts and several scenarios at once, so it does not judge ratios of times.
`;
}
