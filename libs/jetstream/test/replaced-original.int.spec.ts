import { OriginalGoneError, type StoredFailure } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from '@jest/globals';
import { useReplaying, WHO } from './replaying.js';

/** Body that is too large to be carried in the failure event of an invalid event. */
const LARGE = 'x'.repeat(20_000);

describe('an original that its failure event only names', () => {
  const system = useReplaying();

  it('is not confused with another event at the same position after the stream was deleted and created again', async () => {
    const { transport, archive, replays } = system;
    const { streams } = await jetstreamManager(transport.client);
    transport.publish('events.order.placed', LARGE, { 'ce-id': 'named' });
    transport.publish('events.order.placed', LARGE);
    const failures = await eventually(async () => {
      const found = await system.list({ processor: 'billing' });
      expect(found).toHaveLength(2);
      return found;
    });
    const read = ({ failure }: StoredFailure) => archive.original(failure);
    for (const failure of failures) expect(Buffer.from((await read(failure)).body).toString()).toBe(LARGE);

    await streams.delete('EVENTS');
    await eventually(() => streams.info('EVENTS'));
    transport.publish('events.order.placed', LARGE, { 'ce-id': 'other' });
    transport.publish('events.order.placed', LARGE);
    await transport.stored('EVENTS', 'events.order.placed', 2);

    for (const failure of failures) await expect(read(failure)).rejects.toThrow(OriginalGoneError);
    const named = failures.find(({ failure }) => failure.original.eventId === 'named');
    await expect(read(named!)).rejects.toThrow(
      'Event named is no longer stored: stream EVENTS has another event at 1.',
    );
    const failureIds = failures.map(({ id }) => id);
    expect(await replays.replayFailures({ failureIds }, WHO)).toMatchObject({ replayed: 0, skipped: 2 });
  });
});
