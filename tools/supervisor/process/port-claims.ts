import { closeSync, openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock } from './native-lock.js';

const LOOPBACKS = ['127.0.0.1', '::1'];
const HIGHEST_PORT = 65_535;

/**
 * File with one byte for each port. A system that claims a port locks the byte of this port. Each user has a separate file,
 * because the files of other users are not writable.
 */
const CLAIMS_FILE = join(tmpdir(), `cascade-ports-${process.getuid?.() ?? 0}.lock`);

export type PortNumbers = Readonly<Record<string, number>>;

/**
 * Claims ports for one system. No port is claimed twice, not even by two systems of the same user on this machine. Otherwise, two
 * systems that start together would find the same ports free. Each system would mistake the other's part for its own.
 *
 * Another program may still take a port between its claim and its use. In this case, the caller must claim another port.
 */
export class PortClaims {
  private readonly claims = openSync(CLAIMS_FILE, 'a+');
  private readonly claimed = new Set<number>();

  /** @param reserved Default ports of the system, which are never substitutes for another port. */
  constructor(private readonly reserved: readonly number[] = []) {}

  /**
   * @param preferred Preferred port; 0 for any free port.
   * @returns `preferred` or the next free port above it; any free port if `preferred` is 0
   * @throws Error if no port from `preferred` up is free
   */
  async claim(preferred: number): Promise<number> {
    if (preferred === 0) return this.claimAny();
    for (let port = preferred; port <= HIGHEST_PORT; port++) {
      if (port !== preferred && this.reserved.includes(port)) continue;
      if (await this.take(port)) return port;
    }
    throw new Error(`No port from ${preferred} up is free.`);
  }

  release(): void {
    closeSync(this.claims);
  }

  private async claimAny(): Promise<number> {
    for (;;) {
      const port = await anyFreePort();
      if (await this.take(port)) return port;
    }
  }

  private async take(port: number): Promise<boolean> {
    if (this.claimed.has(port) || !tryLock(this.claims, port, 1)) return false;
    this.claimed.add(port);
    return isFree(port);
  }
}

/**
 * Returns true if the port is free on both loopback addresses, because `localhost` may mean either address. Tries to connect
 * first, because on some systems binding succeeds although another server listens on the same port.
 */
export async function isFree(port: number): Promise<boolean> {
  const checks = LOOPBACKS.map(async (host) => !(await answers(host, port)) && (await canBind(host, port)));
  return (await Promise.all(checks)).every(Boolean);
}

/** Returns a note such as "3000 is taken" if a part does not have its preferred port. Otherwise, returns an empty string. */
export function movedNote(preferred: PortNumbers, ports: PortNumbers): string {
  const moved = Object.entries(preferred).filter(([name, port]) => port !== 0 && ports[name] !== port);
  const taken = moved.map(([, port]) => port).join(' and ');
  return taken && `${taken} ${moved.length > 1 ? 'are' : 'is'} taken`;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(isMissingAddress(error)));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}

/** True if the error says that the address does not exist. A machine without IPv6 cannot have a server on `::1`. */
function isMissingAddress({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
