import { SENT, SIGNED_UP, fieldsOf, type Size } from '../events.js';
import { Arena } from './arena.js';
import { Contestant, isSaid } from './contestant.js';
import { measureHandling, type Handling } from './measure-handling.js';

/** Maximum number of events in flight. The documented loop has the same limit. */
const WINDOW = 1_000;

/**
 * Measures Nest's transport. The transport has no stream, so events are published during the measurement, and the next events are
 * counted.
 */
export async function measureNestNats(size: Size, count: number, warmUp: number): Promise<Handling> {
  const arena = await Arena.open();
  // Deletes the stream, so that the broker stores no events.
  await arena.manager.streams.delete('EVENTS');
  const contestant = new Contestant({ script: 'contestants/nest-nats.ts', natsUrl: arena.broker.url });
  try {
    await contestant.message(isSaid('ready'));
    // The packet has the format of Nest's client.
    const packet = JSON.stringify({ pattern: SIGNED_UP, data: fieldsOf(size) });
    let [sent, handled] = [0, 0];
    const send = () => {
      for (; sent < warmUp + count && sent - handled < WINDOW; sent++)
        arena.connection.publish(SIGNED_UP, packet);
    };
    const note = () => {
      handled += 1;
      send();
    };
    arena.connection.subscribe(SENT, { callback: note });
    await arena.connection.flush();
    send();
    return await measureHandling([contestant], () => handled, { from: warmUp, to: warmUp + count });
  } finally {
    await contestant.stop();
    await arena.close();
  }
}
