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
    'is not free if a server listens on it at %s',
    async (host) => {
      expect(await isFree(await occupy(host))).toBe(false);
    },
  );

  it('is free if no server listens on it', async () => {
    const port = await new PortClaims().claim(0);
    expect(await isFree(port)).toBe(true);
  });
});

describe('Claiming a port', () => {
  it('returns the preferred port if it is free', async () => {
    const other = new PortClaims();
    const port = await other.claim(0);
    other.release();
    expect(await new PortClaims().claim(port)).toBe(port);
  });

  it('returns the next free port if the preferred port is taken', async () => {
    const taken = await occupy('127.0.0.1');
    expect(await new PortClaims().claim(taken)).toBeGreaterThan(taken);
  });

  it('never returns a port twice, even to concurrent calls', async () => {
    const ports = new PortClaims();
    const preferred = await ports.claim(0);
    const claimed = await Promise.all([
      ports.claim(preferred),
      ports.claim(preferred),
      ports.claim(preferred),
    ]);
    expect(new Set([preferred, ...claimed]).size).toBe(4);
  });

  it('returns no unused port that another system has claimed, until its release', async () => {
    const other = new PortClaims();
    const port = await other.claim(0);
    expect(await new PortClaims().claim(port)).not.toBe(port);
    other.release();
    expect(await new PortClaims().claim(port)).toBe(port);
  });

  it('never returns the default of another part as a substitute', async () => {
    const taken = await occupy('127.0.0.1');
    const ports = new PortClaims([taken, taken + 1, taken + 2]);
    expect(await ports.claim(taken)).toBeGreaterThan(taken + 2);
  });
});
