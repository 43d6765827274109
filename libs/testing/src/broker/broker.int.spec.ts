import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { startBroker } from '@cascade/embedded-broker';
import { startTestBroker } from './broker.js';

describe('a test broker', () => {
  it('answers on its own port and leaves nothing behind', async () => {
    const [one, other] = await Promise.all([startTestBroker(), startTestBroker()]);
    expect(one.url).not.toBe(other.url);
    const connection = await connect({ servers: one.url });
    await connection.close();
    await Promise.all([one.stop(), other.stop()]);
    expect(existsSync(one.storeDir)).toBe(false);
  });

  it('can be started again after a crash', async () => {
    const broker = await startTestBroker();
    await broker.kill();
    const again = await startBroker(broker);
    expect(again.url).toBe(broker.url);
    await again.stop();
    await broker.stop();
    expect(existsSync(broker.storeDir)).toBe(false);
  });
});
