import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startTestBroker } from '@cascade/testing';
import { checkBroker } from './check-broker.js';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** Starts a server that sends the given line as its greeting. */
async function greet(line: string): Promise<string> {
  server = createServer((socket) => socket.on('error', () => {}).write(line)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const NOBODY = 'nats://127.0.0.1:1';

describe('the check of NATS_URL', () => {
  it('returns the version of a broker that answers, without a login', async () => {
    const broker = await startTestBroker({
      settings: { authorization: { user: 'ada', password: 'secret' } },
    });
    try {
      await expect(checkBroker(broker.url)).resolves.toEqual({ version: broker.version });
    } finally {
      await broker.stop();
    }
  });

  it('refuses an old broker, and names its version and the minimum version', async () => {
    const address = await greet('INFO {"server_id":"X","version":"2.9.11","headers":true}\r\n');
    await expect(checkBroker(`nats://ada:secret@${address}`)).rejects.toThrow(
      `The broker at ${address} is nats-server 2.9.11, but 2.12.0 or newer is needed`,
    );
  });

  it('asks the next server of the list if a server does not answer', async () => {
    const address = await greet('INFO {"version":"2.14.5"}\r\n');
    await expect(checkBroker(`${NOBODY}, ${address}`)).resolves.toEqual({ version: '2.14.5' });
  });

  it('reports which server does not answer, without the password', async () => {
    const error = await checkBroker('nats://ada:secret@127.0.0.1:1').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining('127.0.0.1:1: connect ECONNREFUSED') });
    expect((error as Error).message).not.toContain('secret');
  });

  it('refuses a server that is not a broker', async () => {
    const address = await greet('220 mail.test ESMTP\r\n');
    await expect(checkBroker(address)).rejects.toThrow('the server there is not a NATS server');
  });

  it('gives up on a server that sends nothing', async () => {
    const address = await greet('');
    await expect(checkBroker(address, { timeout: 100 })).rejects.toThrow('no answer within 100 ms');
  });

  it('refuses an invalid address', async () => {
    await expect(checkBroker('nats://')).rejects.toThrow('nats://host:port');
  });
});
