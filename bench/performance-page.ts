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

This page shows the speed of a hop, and the cost of the rest of the system. In a hop, an event is consumed, checked against its contract
and handled. Then the next event is checked and published with CloudEvents headers. When its storage is confirmed, the first event is
acknowledged. \`npm run bench -- --page\` writes this page with the figures of one run.

${goalTable(figures)}

Each round measures both sides of a ratio one after the other. The table has the median, the lowest and the highest ratio of all rounds. A
figure that misses its goal stays here as measured.

## What is measured

Each contestant is a separate process with its own broker. Its stream is like that of Cascade: file storage, 10 minutes of duplicate
detection. Its backlog is stored before it starts, and measuring begins after a warm-up. CPU is the user and system time of its process.
The contestants take turns, in another order each round.

- \`hop\`, with bodies of 256 bytes; \`hop-4k\` with 4 KB.
  - **ours**: a service with a processor, as in \`apps/\`, with the default concurrency of 64. The incoming contract has 9 rules, the
    outgoing contract 8 rules and 9 headers.
  - **documented**: the concurrent loop of the nats.js documentation, \`consume()\`, \`await js.publish()\`, \`ack()\`, with 1,000 in flight. It
    has no contract, and no header except the id. **documented-sequential** is the simpler loop, one message after the other.
  - **pipelined**: the fastest possible loop. It has no Nest, no contract, and no header except the id. It does not notice a missing
    PubAck.
  - **nestjs-plugins**: @nestjs-plugins/nestjs-nats-jetstream-transport 2.2.6 as in its README, in a separate folder with its own lock
    file.
  - **nest-nats**: Nest's own NATS transport, for reference. It stores nothing and acknowledges nothing.
- \`publish\`: 1,000 publishes at a time that wait for their PubAck. Ours has contract and headers, \`js.publish\` has neither.
- \`outbox\`: rows, from the commit of all rows to the last PubAck.
- \`signup\`: \`POST /signups\` over 32 connections, on PostgreSQL with its default settings, while the relay publishes. **bare** is Fastify
  and \`pg\`: they write the same user and the same outbox row in a transaction.
- \`flow\`: from the 202 until \`notification.sent\` and \`user.metadata-recorded\` are published, at fractions of the system's capacity. The
  system uses PostgreSQL and a real SMTP server.
- \`scale\`: replicas of one processor. Replicas gain little on two cores, of which the broker takes one.
- \`wait20\`: a handler that waits 20 ms, then hops. \`ideal\` is 256 events at a time without any other cost.
- \`cost\`: CPU for an event with a large or a small backlog.
- \`start\`: from the start of a service's process until it is ready.

## All figures

${allTable(figures)}

## What was tried, and the results

CPU of a processor for one hop of 256 bytes, on the machine below. The machine is shared, and is twice as fast at some hours as at others.
It was fast when these steps were measured. Each step compares with the step before.

| step | µs |
| --- | --- |
| \`js.publish\`, Nest's pipeline, class-transformer and class-validator without changes | 122 |
| publishes pipelined: one subscription reads all PubAcks, one sweep finds timeouts | 91 |
| rules of a contract looked up once, asynchronous validation only if a rule is asynchronous | 72 |
| handlers called directly if Nest's pipeline has nothing of the user's in it; headers read in one step; ids by a one-shot hash | 45 |
| fewer promises and objects for each event; only the message kept until its PubAck | 36 |
| no \`Map\` or \`Set\` for what is in flight; one write to the socket per turn of the event loop | 31 |
| headers read once per event, not again after the handler; ids derived in one buffer | 27 |
| headers in our own layout read with one expression; no asynchronous step for simple valid events; Node options that keep what is in flight in V8's young generation | 24 |
| e-mail addresses not split to count their bytes; a PubAck recognized without parsing; headers from fewer pieces | 23 |

- **\`Map\` and \`Set\` for what is in flight** cost memory, not time. When they grow, they leave their old table behind with all its values.
  Once such a table is in V8's old generation, so is the next. Slots in an array took a processor from 210 to 135 MiB.
- **One write for each event** results if a handler publishes at once after a wait: each timer ends in its own microtasks. Publishes now
  wait for the end of the event loop's turn: 3,000 writes for 40,000 events instead of 42,000.
- **Permits of the puller**: the puller used to ask for events at half of its permits, so a quarter was idle on average. Now it asks when
  an eighth is free. It also prefetches as many events as have lately ended within 5 ms, at most one for each permit. Before, permits were
  idle while a request was sent: a tenth of the time, in a hop as in \`wait20\`. In one run side by side, this gave 1.12 times the events of
  a hop, and 1.10 times for \`wait20\`. A prefetch two or three times as large gave nothing more.
- **More in flight** than the default of 64 gains little: 128 and 256 gain some 5 to 10 %, and 512 nothing more. It also costs memory: V8
  collects up to 64 MB of buffers before it looks at old ones. Events of 4 KB grow old if many are in flight. At 4 KB a processor with 64
  in flight took 135 MiB. With 256 in flight it took 210 and was slower.
- **Memory** was highest in \`wait20\`, with 256 in flight for 20 ms each: 181 to 215 MiB. V8's young generation begins with 1 MB, and an
  object that survives two collections counts as old. Node now starts with \`--semi-space-growth-factor=16\`, so the young generation grows
  to its full 16 MB at once. Memory was still 134 MiB after one start and 198 after the next. If nearly all objects from one place survive
  a collection, V8 creates the next ones in the old generation. There even dead objects keep what they refer to.
  \`--no-allocation-site-pretenuring\` prevents that. Publishing takes a quarter less CPU with it, because many of 1,000 messages in flight
  survive a collection. \`js.publish\` did not change. Twice the young generation (32 MB) gave \`publish\` another eighth and the hop nothing,
  and cost 28 MiB: rejected. Node 24 would take 64 MB by default: \`--max-semi-space-size=16\`.
- **One write for acknowledgements, requests and publishes** of a turn of the event loop halved the writes and gained nothing: rejected.
- **Outbox**: 100 rows took about 20 ms to claim, 8 to publish and 12 to mark. Batches of 500 gained more than any way of publishing could,
  because the cost of a claim is per statement. Atomic batches and fast ingest were rejected: they could save a part of the 8 ms. One bad
  row refuses a whole atomic batch, and fast ingest is internal to the client.
- **Signups**: one statement for user and signup reduced seven round trips to the database to five. Two more steps reduced them to two,
  each with 1.3 times the requests. First, \`begin\` goes out with the first statement, and the frequent statements are prepared. That took
  the service's CPU from 0.57 ms to 0.39, and PostgreSQL's from 0.44 ms to 0.29. Second, the event's insert goes out with the user's.
- **Publishing without async functions**: with 1,000 messages in flight, garbage of async functions took a tenth of the time. Without them,
  publishing takes a fifth less CPU. Then one promise for an event replaced two, and it keeps nothing of the call. A message in flight
  takes 830 bytes of heap instead of 970. With the next step this gave 1.16 times the events.
- **Groups of 128 publishes** go out together, not all publishes of a turn of the event loop. After several hundred PubAcks at once, the
  broker was idle until all their next events were made. Groups of 32 to 256 give about the same. With headers written in one step,
  \`publish\` had 1.10 times the events (quartiles of 16 pairs: 1.05 and 1.11). It gave the hop nothing.
- **\`@IsEmail\`** took 1.5 µs, more than all other rules of the event together. To count the bytes of both parts of an address, validator
  splits the parts into characters. With at most 64 printable ASCII characters no part can be too long, so validator need not count. That
  takes 0.7 µs, with the same result (a spec compares 1,800 addresses). Other strings are checked as before.
- **No gain** from: ids from a buffer of random bytes instead of \`randomUUID\`, a larger pool for buffers, garbage collection in one thread,
  larger limits for inlining. In the hop, also no gain from: handling 8, 16 or 32 received events in a turn of the event loop, sending as
  many together, pulling at other numbers of free permits.

## The limit now

Profiles of a hop, by share of the processor's time (\`BENCH_PROFILES=/tmp/profiles npm run bench -- --only hop\` writes one for each
process):

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

Even the bare loop reaches only three times the documented loop (\`hop/pipelined:documented\`). That leaves no time for two contracts, nine
headers, and the bookkeeping for a stop, a pause and a crash.

The goal of 0.7 of the bare loop is 2.1 times the documented loop. The bare loop takes 13 µs of CPU for an event, and ours takes 21. The
contracts take 3 µs of the difference, headers and ids 2, and there are twice the bytes on the wire. For 4 µs more the processor waits for
the broker. Without that wait both cores would be full, at about 0.7 of the bare loop. Nothing that was tried removed more than a part of
the wait. With 4 KB, less of the work is ours, and the ratio comes close. The profile is flat: after garbage and the socket nothing takes
more than 4 %.

\`publish\`: CPU is a little more than a quarter of what \`js.publish\` takes. \`js.publish\` leaves a part of its garbage to the other core, so
the time between two events is a third. Of our time, the client's reading and writing takes 25 %, the contract 19 % (\`@IsEmail\` 9), garbage
collection 12 %, the body 10 %, PubAcks and their waiting promises 7 %, headers 7 %, the event's id 3 %.

\`wait20\` is measured against the clock, not against another program, so it depends on the machine. An event costs two thirds more than in
the hop: timers release events in small groups, each with separate writes.

\`signup\`: writes to sockets take two fifths of the service's time: two to the database, one to the client. On this machine such a write
wakes the receiving process. The validation of the body takes 7 %, the relay 5 %.

## The run

- ${new Date().toISOString().slice(0, 10)}, \`npm run bench -- --page\`, ${rounds} rounds, ${Math.round(minutes)} minutes
${machine.map((part) => `- ${part}`).join('\n')}

\`npm run bench -- --quick\` runs one round with small counts, for a first impression. \`--only hop\` measures one case. \`--json\` writes one
object to standard output: \`{ "figures": [{ "name", "unit", "median", "min", "max" }] }\`.
`;
}
