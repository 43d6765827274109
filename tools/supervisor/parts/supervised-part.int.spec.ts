import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isAlive } from '../data-folder.js';
import type { PartState } from './part.js';
import { PortClaims } from '../process/port-claims.js';
import { processPart } from './process-part.js';
import { SupervisedPart } from './supervised-part.js';

const parts: SupervisedPart[] = [];

afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.stop(0)));
});

/** @param beforeRun Called after the port is chosen, and before the service starts. */
function fakeService(behaviour = '', port = 0, beforeRun: (port: number) => Promise<void> = async () => {}) {
  const states: PartState[] = [];
  const waiting = new Set<() => void>();
  const env = { ...process.env, BEHAVIOUR: behaviour };
  const part = new SupervisedPart(
    processPart(
      {
        name: 'fake',
        script: join(import.meta.dirname, 'fixtures/fake-service.mjs'),
        ports: { http: port },
        env: async ({ http }) => {
          await beforeRun(http!);
          return { ...env, PORT: String(http) };
        },
        url: ({ http }) => `http://127.0.0.1:${http}`,
        readyUrl: ({ http }) => `http://127.0.0.1:${http}/health/ready`,
      },
      new PortClaims(),
    ),
    {
      onLine: () => undefined,
      onState: ({ state }) => {
        states.push(state);
        for (const check of waiting) check();
      },
    },
  );
  parts.push(part);
  /** Resolves when the part has entered the state this number of times. */
  const entered = (state: PartState, times = 1) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (states.filter((one) => one === state).length < times) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { part, states, env, entered };
}

const die = (part: SupervisedPart) => fetch(`${part.run!.url}/die`).catch(() => undefined);

describe('A part', () => {
  it('starts, has an address, and has ended after a stop', async () => {
    const { part, states } = fakeService();
    await part.start();
    const pid = part.run!.pid!;
    expect(await (await fetch(part.run!.url)).text()).toBe(String(pid));
    expect(await part.located).toBe(part.run!.url);

    await part.stop(5_000);
    expect(isAlive(pid)).toBe(false);
    expect(states).toEqual(['starting', 'ready', 'stopped']);
  });

  it('that does not stop in time is killed', async () => {
    const { part } = fakeService('does not stop');
    await part.start();
    const pid = part.run!.pid!;
    await part.stop(100);
    expect(isAlive(pid)).toBe(false);
    expect(part.lastLines).toContain('stays');
  });

  it('that dies starts again at the same address', async () => {
    const { part, entered } = fakeService();
    await part.start();
    const { url, pid } = part.run!;
    await die(part);
    await entered('ready', 2);
    expect(part.run!.url).toBe(url);
    expect(part.run!.pid).not.toBe(pid);
  });

  it('that dies five times in a row has failed, and keeps its last lines', async () => {
    const { part, env, entered, states } = fakeService();
    await part.start();
    env.BEHAVIOUR = 'exits at once';
    await die(part);
    await entered('failed');
    expect(states.filter((state) => state === 'starting')).toHaveLength(5);
    expect(part.reason).toBe('exited with code 3, for the fifth time in a row');
    expect(part.lastLines).toContain('dies of the request');
    expect(part.lastLines.at(-1)).toBe('cannot start: a variable is missing');
    expect(part.run).toBeUndefined();
  });

  it('that failed can be restarted', async () => {
    const { part, env, entered } = fakeService();
    await part.start();
    env.BEHAVIOUR = 'exits at once';
    await part.restart(1_000);
    expect(part.state).toBe('failed');
    env.BEHAVIOUR = '';
    await part.restart(1_000);
    await entered('ready', 2);
  });

  it('that fails at its first start is not started again', async () => {
    const { part, states } = fakeService('exits at once');
    await expect(part.start()).rejects.toThrow('exited with code 3');
    await expect(part.located).rejects.toThrow('needs fake, which did not start');
    expect(states).toEqual(['starting', 'failed']);
  });

  it('that is stopped while it starts has ended, and has not failed', async () => {
    const { part, states } = fakeService();
    const started = part.start();
    await Promise.all([expect(started).rejects.toThrow('was stopped while it started'), part.stop(1_000)]);
    expect(states).toEqual(['starting', 'stopped']);
  });

  it('whose port is taken says so, and has the next port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { part } = fakeService('', port);
    await part.start();
    expect(Number(new URL(part.run!.url).port)).toBeGreaterThan(port);
    expect(part.run!.note).toBe(`${port} is taken`);
    other.close();
  });

  it('whose port is taken at the last moment has the next port', async () => {
    const other = createServer((socket) => socket.destroy());
    const { part } = fakeService('', 0, async (port) => {
      if (!other.listening) await once(other.listen(port, '127.0.0.1'), 'listening');
    });
    await part.start();
    const { port } = other.address() as AddressInfo;
    expect(part.run!.url).not.toContain(String(port));
    expect(await (await fetch(part.run!.url)).text()).toBe(String(part.run!.pid));
    other.close();
  });
});
