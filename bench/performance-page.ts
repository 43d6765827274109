import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describeMachine } from '../test/crash/machine.js';
import { allTable, goalTable } from './figure-tables.js';
import type { Figures } from './figures.js';

export interface Run {
  readonly rounds: number;
  readonly minutes: number;
}

/** Writes `docs/performance.md`: what is measured, and the figures of a whole run. */
export async function writePerformancePage(root: string, figures: Figures, run: Run): Promise<void> {
  const page = pageOf(figures, run, await describeMachine());
  await writeFile(
    join(root, 'docs', 'performance.md'),
    await format(page, { parser: 'markdown', printWidth: 110 }),
  );
}

function pageOf(figures: Figures, { rounds, minutes }: Run, machine: readonly string[]): string {
  return `# Performance

How fast a hop is: an event is consumed, checked against its contract, handled, the next event checked, published with CloudEvents
headers, its storage confirmed, and the first one acknowledged. And what the rest costs. This page is written by
\`npm run bench -- --page\`; its figures are those of one run.

${goalTable(figures)}

Ratios are those of each round, in which both were measured one after the other; the table has the median of the rounds, and the
lowest and the highest. A figure that is not reached stays here as it was measured.

## What is measured

Each contestant is a process of its own, with a broker of its own and a stream like that of Cascade: file storage, 10 minutes of
duplicate detection. Its backlog is there before it starts; measuring begins when it is warm. CPU is that of its process, user and
system. The contestants take turns, in another order each round.

- \`hop\`, with bodies of 256 bytes; \`hop-4k\` with 4 KB.
  - **ours**: a service with a processor, as in \`apps/\`, with the default concurrency of 64. Contract of 9 rules in, 8 rules out,
    9 headers out.
  - **documented**: the concurrent loop of the nats.js documentation, \`consume()\`, \`await js.publish()\`, \`ack()\`, with 1,000 in
    flight. No contract, no headers but the id. **documented-sequential** is the simpler one, one message after the other.
  - **pipelined**: the limit. No Nest, no contract, no headers but the id; a PubAck that never comes is never missed.
  - **nestjs-plugins**: @nestjs-plugins/nestjs-nats-jetstream-transport 2.2.6 by its README, in its own folder with its own lock file.
  - **nest-nats**: Nest's own NATS transport, for reference. It stores nothing and acknowledges nothing.
- \`publish\`: 1,000 publishes that wait for their PubAck at a time; ours with contract and headers, \`js.publish\` without.
- \`outbox\`: rows from the commit of all of them to the last PubAck.
- \`signup\`: \`POST /signups\` over 32 connections, on PostgreSQL with its default settings, while the relay publishes; **bare** is
  Fastify and \`pg\` that write the same user and the same outbox row in a transaction.
- \`flow\`: from the 202 until \`notification.sent\` and \`user.metadata-recorded\` are out, with the whole system on PostgreSQL and a
  real SMTP server, at parts of its capacity.
- \`scale\`: replicas of one processor. On two cores, of which the broker takes one, there is little to win.
- \`wait20\`: a handler that waits 20 ms, then hops; \`ideal\` is 256 at a time without any other cost.
- \`cost\`: CPU for an event while much or little waits behind it.
- \`start\`: from the start of a service's process until it is ready.

## All figures

${allTable(figures)}

## What was tried, and what it brought

CPU of a processor for one hop of 256 bytes, on the machine below, a shared one that is twice as fast at some hours as at others: it was
fast when these steps were taken. Steps compare with the one before.

| step | µs |
| --- | --- |
| \`js.publish\`, Nest's pipeline, class-transformer and class-validator as they come | 122 |
| publishes pipelined: one subscription reads all PubAcks, one sweep looks for time-outs | 91 |
| rules of a contract looked up once, asynchronous validation only where a rule is asynchronous | 72 |
| handlers called past Nest's pipeline where nothing of the user's stands in it; headers read in one go; ids by a one-shot hash | 45 |
| fewer promises and objects for each event; nothing but the message kept until its PubAck | 36 |
| nothing in flight kept in a \`Map\` or \`Set\`; one write to the socket for a turn of the event loop | 31 |
| headers read once for an event, not once more when it has been handled; ids derived in one buffer | 27 |
| headers of our own layout read with one expression; nothing asynchronous about events that are plainly sound; a start of Node that keeps what is in flight in V8's young generation | 24 |
| addresses not taken apart to count their bytes; a PubAck seen without parsing it; headers of fewer pieces | 23 |

- **\`Map\` and \`Set\` for what is in flight** cost memory, not time: when they grow they leave their old self behind with all that it
  held, and once one of those is in V8's old generation, so is the next. Slots in an array brought a processor from 210 to 135 MiB.
- **One write for each event** is what a handler that waits comes to when its publishes go out as they are made: each timer ends in
  its own microtasks. Publishes now wait for the end of the event loop's turn: 3,000 writes for 40,000 events where there were 42,000.
- **Places of the puller**: it asked for more when half of its places were free, which leaves a quarter idle on average. It asks
  when an eighth is. And it asks ahead, for as many as have lately ended within 5 ms and for as many as it has places at most: before,
  places stood empty for as long as a request takes, a tenth of the time, in a hop as in \`wait20\`. Beside each other in one run that
  brought 1.12 times the events of a hop and 1.10 times those of \`wait20\`. Two or three times as many places ahead bring nothing more.
- **More in flight** than the default of 64 wins little: 128 and 256 some 5 to 10 %, 512 nothing more. And it costs memory: V8 lets up to
  64 MB of buffers pile up before it looks at old ones, and events of 4 KB grow old where there are many in flight. At 4 KB a
  processor with 64 in flight took 135 MiB and was faster than one with 256, which took 210.
- **Memory** was highest in \`wait20\`, with 256 in flight for 20 ms each: 181 to 215 MiB. V8's young generation begins with 1 MB, and what
  outlives it twice is taken for old: Node is started with \`--semi-space-growth-factor=16\` now, which lets it grow to its full 16 MB
  at once. It still took 134 MiB after one start and 198 after the next. Where nearly all objects of one place in the code outlive a
  collection, V8 makes the next ones in the old generation, where their remains keep everything that they hold:
  \`--no-allocation-site-pretenuring\` ends that. Publishing takes a quarter less CPU with it, since 1,000 on their way are many that
  outlive a collection. \`js.publish\` is as it was. Twice the young generation (32 MB) brought \`publish\` another
  eighth, the hop nothing, and cost 28 MiB: not taken. Node 24 would take 64 MB by itself: \`--max-semi-space-size=16\`.
- **One write for acknowledgements, requests and publishes** of a turn of the event loop halved the writes and brought nothing: not taken.
- **Outbox**: 100 rows took about 20 ms to claim, 8 to publish and 12 to mark. So batches of 500 brought more than any way of publishing
  could: the claim costs by the statement. Atomic batches and fast ingest were not taken: they could save a part of the 8 ms, an
  atomic batch is refused as a whole for one bad row, and fast ingest is internal to the client.
- **Signups**: five round trips to the database where there had been seven, by one statement for user and signup; then two, with
  1.3 times the requests for each of two steps: \`begin\` goes out with the first statement and the frequent statements are prepared
  (0.57 ms of the service's CPU to 0.39, 0.44 ms of PostgreSQL's to 0.29), and the event's insert goes out with the user's.
- **Publishing without async functions**: with 1,000 on their way, what those keep for each was a tenth of all time for the garbage
  collector alone. A fifth less CPU. Then one promise for an event instead of two, and nothing of the call kept by it: 830 bytes of
  heap for each on its way where there had been 970. With the next step that brought 1.16 times the events.
- **128 publishes go together**, not all of a turn of the event loop: of several hundred PubAcks that come at once the broker had nothing
  to do until all their next events were made. 32 to 256 do about the same. Together with headers written in one go that brought
  1.10 times the events of \`publish\` (quartiles of 16 pairs: 1.05 and 1.11), the hop nothing.
- **\`@IsEmail\`** took 1.5 µs, more than all other rules of the event together: to count the bytes of both parts of an address, validator
  splits them into their characters. Of at most 64 printable ASCII characters no part can be too long, so it is asked not to count:
  0.7 µs, and the same answer (a spec asks for 1,800 addresses). Other strings are asked about as before.
- **Nothing won** by ids of a buffer of random bytes instead of \`randomUUID\`, a larger pool for buffers, collecting garbage in one thread,
  larger limits for inlining; in the hop by handling received events 8, 16 or 32 in a turn of the event loop, sending as many together,
  asking for more at other numbers of free places.

## What the limit is now

Profiles of a hop, by share of the processor's time
(\`BENCH_PROFILES=/tmp/profiles npm run bench -- --only hop\` leaves one of each process):

| part | at first, 131 to 137 µs | now, 21 to 24 µs |
| --- | --- | --- |
| garbage collection | 28 % | 10 % |
| contracts: class-validator, class-transformer | 19 % | 13 %, of that 4 % \`@IsEmail\` |
| the client's reading and writing of the protocol, sockets included | 16 % | 32 % |
| headers, in and out | 9 % | 6 % |
| publishing: \`js.publish\`, or the pipeline | 4 % beside garbage and protocol | 3 % |
| Nest and RxJS | 4 % | 3 % |
| ids: SHA-1 of the next event's | 4 % | 3 % |
| the transport's own work, promises, JSON | 15 % | 30 % |

Three times the documented loop is what the bare loop does itself (\`hop/pipelined:documented\`): it leaves no time for two contracts,
nine headers, and what a stop, a pause and a crash need to know. And 0.7 of the bare loop, 2.1 times the documented one, is missed by
this: when the bare loop takes 13 µs of CPU for an event and ours 21, the contracts are 3 of the difference, headers and ids 2, and
there are twice the bytes on the wire. For 4 µs more the processor waits for the broker. Without that wait both cores would be full,
at about 0.7 of the bare loop; nothing that was tried took more than a part of it away. With 4 KB, where less of the work is ours, it
comes close. The profile is flat: after garbage and the socket nothing takes more than 4 %.

\`publish\`: CPU is a little more than a quarter of what \`js.publish\` takes. That leaves a part of its garbage to the other core, so that
the time between two events is a third. Of ours the client's reading and writing takes 25 %, the contract 19 % (\`@IsEmail\` 9), garbage
collection 12 %, the body 10 %, PubAcks and what waits for them 7 %, headers 7 %, the event's id 3 %.

\`wait20\` is measured against the clock, not against another program, so it depends on the machine. An event costs two thirds more
than in the hop, since timers bring events in small groups, each with writes of its own.

\`signup\`: two fifths of the service's time are writes to sockets, which on this machine wake the processes that have to answer: two to
the database, one to the client. The validation of the body takes 7 %, the relay 5 %.

## The run

- ${new Date().toISOString().slice(0, 10)}, \`npm run bench -- --page\`, ${rounds} rounds, ${Math.round(minutes)} minutes
${machine.map((part) => `- ${part}`).join('\n')}

\`npm run bench -- --quick\` has one round with small counts, for a first look; \`--only hop\` measures one case; \`--json\` writes one
object to standard output: \`{ "figures": [{ "name", "unit", "median", "min", "max" }] }\`.
`;
}
