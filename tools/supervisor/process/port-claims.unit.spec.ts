import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { isFree, PortClaims } from './port-claims.js';

const servers: Server[] = [];

async function occupy(host: string, port = 0): Promise<number> {
  const server = createServer().listen({ host, port });
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

describe('A port', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])(
    'that somebody listens on at %s is not free',
    async (host) => {
      expect(await isFree(await occupy(host))).toBe(false);
    },
  );

  it('that nobody listens on is free', async () => {
    const port = await new PortClaims().claim(0);
    expect(await isFree(port)).toBe(true);
  });
});

describe('Claiming a port', () => {
  it('gives the preferred one where it is free', async () => {
    const other = new PortClaims();
    const port = await other.claim(0);
    other.release();
    expect(await new PortClaims().claim(port)).toBe(port);
  });

  it('gives the next free one where it is taken', async () => {
    const taken = await occupy('127.0.0.1');
    expect(await new PortClaims().claim(taken)).toBeGreaterThan(taken);
  });

  it('never gives one twice, also to two at once', async () => {
    const ports = new PortClaims();
    const preferred = await ports.claim(0);
    const claimed = await Promise.all([
      ports.claim(preferred),
      ports.claim(preferred),
      ports.claim(preferred),
    ]);
    expect(new Set([preferred, ...claimed]).size).toBe(4);
  });

  it('gives none that another system has claimed, and not used yet, until that gives it up', async () => {
    const other = new PortClaims();
    const port = await other.claim(0);
    expect(await new PortClaims().claim(port)).not.toBe(port);
    other.release();
    expect(await new PortClaims().claim(port)).toBe(port);
  });

  it('does not move onto the default of another part', async () => {
    const taken = await occupy('127.0.0.1');
    const ports = new PortClaims([taken, taken + 1, taken + 2]);
    expect(await ports.claim(taken)).toBeGreaterThan(taken + 2);
  });
});
