import { Consumes, UnreadEvents } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { place, untilPaused } from './pausing.js';
import { useTransport } from './transport.js';

const HOUR = 3_600_000;
const KEPT = 48 * HOUR;

const open: (() => void)[] = [];

@Controller()
class Slow {
  @Consumes(OrderPlaced, { processor: 'slow', concurrency: 1 })
  handle(): Promise<void> {
    return new Promise((resolve) => open.push(resolve));
  }
}

@Controller()
class Cut {
  @Consumes(OrderPlaced, {
    processor: 'cut',
    concurrency: 1,
    pause: { failures: 1, firstProbe: 60_000, maxProbe: 60_000 },
  })
  handle(): never {
    throw new Error('the line is cut');
  }
}

describe('unread events', () => {
  const transport = useTransport({}, async (transport) => {
    const closed = transport.closeApplications();
    for (const done of open.splice(0)) done();
    await closed;
    await transport.deleteStreams();
  });

  const run = async (controller: typeof Slow | typeof Cut) => {
    const application = await transport.run(
      { controllers: [controller] },
      { streams: { events: { maxAge: KEPT } } },
    );
    return { application, unread: application.get(UnreadEvents, { strict: false }) };
  };

  it('are reported when the oldest event has used up half of its time in the stream', async () => {
    const { unread } = await run(Slow);
    place(transport, 'first', 2);
    await eventually(() => expect(open).toHaveLength(1));

    await expect(unread.ready()).resolves.toBeUndefined();
    const [at] = await transport.stored('EVENTS', 'events.order.placed', 2);
    const half = at!.time.getTime() + KEPT / 2;
    await expect(unread.ready(half - 60_000)).resolves.toBeUndefined();
    await expect(unread.ready(half)).rejects.toThrow(
      /^slow has read up to .*Z, and the broker deletes events 48\.0 h after they were stored$/,
    );

    open.shift()!();
    await eventually(() => expect(open).toHaveLength(1));
    // No event waits behind the second event.
    await expect(unread.ready(half)).resolves.toBeUndefined();
    open.shift()!();
  });

  it('are reported even if they arrived while the newest event that was read is still being handled', async () => {
    const { unread } = await run(Slow);
    place(transport, 'handled', 1);
    await eventually(() => expect(open).toHaveLength(1));

    place(transport, 'behind', 50);
    await eventually(async () => expect((await transport.backlog('slow')).waiting).toBe(50));
    await expect(unread.ready(Date.now() + 47 * HOUR)).rejects.toThrow(/^slow has read up to/);
  });

  it('are reported even if they arrived during a pause that began with the newest event', async () => {
    const { application, unread } = await run(Cut);
    place(transport, 'failed', 1);
    await untilPaused(application);

    place(transport, 'later', 50);
    await eventually(async () => expect((await transport.backlog('cut')).waiting).toBe(50));
    await expect(unread.ready(Date.now() + 47 * HOUR)).rejects.toThrow(/^cut has read up to/);
  });

  it('are not reported on an idle channel, however old the newest event is', async () => {
    const { unread } = await run(Slow);
    place(transport, 'newest', 1);
    await eventually(() => expect(open).toHaveLength(1));
    open.shift()!();

    const after = Date.now();
    await eventually(() => expect(unread.ready(after + KEPT / 2)).resolves.toBeUndefined());
  });
});
