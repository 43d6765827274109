import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { TestSystem } from './system.js';

const SERVICES = ['signup', 'notifier', 'metadata-writer'];

let system: TestSystem;
const sockets: Socket[] = [];

beforeAll(async () => {
  system = await TestSystem.start();
}, 60_000);

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await system?.stop();
}, 20_000);

async function dial(address: string, text = ''): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (text) await new Promise<void>((sent) => socket.write(text, () => sent()));
}

describe('A system that is stopped', () => {
  it('ends within 5 s without a kill, even if connections are silent or have sent half a request', async () => {
    const mail = system.part('mail');
    for (const url of [...SERVICES.map((name) => system.url(name)), mail.run!.url]) {
      await dial(url);
      await dial(url, 'POST /signups HTTP/1.1\r\nhost: localhost\r\ncontent-le');
      await fetch(url);
    }
    await dial(mail.address!);
    const ends = ['mail', ...SERVICES].map(async (name) => [name, await system.part(name).run!.ended]);

    const begun = performance.now();
    await system.stopParts();

    expect(performance.now() - begun).toBeLessThan(5_000);
    const codes = ['mail', ...SERVICES].map((name) => [name, 'exited with code 0']);
    expect(await Promise.all(ends)).toEqual(codes);
  });
});
