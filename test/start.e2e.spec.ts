import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, type RunningSystem } from '../tools/supervisor/data-folder.js';
import { SERVICES } from '../tools/supervisor/parts/services.js';
import { WorkingFolder, type NpmCommand } from './npm-command.js';

const UP = /Ctrl-C to stop/;

let folder: WorkingFolder;
let start: NpmCommand;

beforeAll(async () => {
  folder = await WorkingFolder.create();
  start = folder.run(['start']);
  await start.shows(UP, 60_000);
}, 60_000);

afterAll(async () => {
  start.pressCtrlC();
  await start.ended;
  await folder.remove();
}, 20_000);

function pidsOf({ pid, parts }: RunningSystem): number[] {
  return [pid, ...Object.values(parts).map((part) => part.pid!)];
}

async function storedEvents(natsUrl: string): Promise<number> {
  const connection = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info('EVENTS');
  await connection.close();
  return state.messages;
}

describe('npm start', () => {
  it('shows one table of all parts, and something to try', () => {
    const rows = start.output.match(/^ {2}\S+ +ready +\d+ {2}\S+/gm)!.map((row) => row.trim().split(/ +/));
    const services = SERVICES.map(({ name }) => name);
    expect(services).toEqual(expect.arrayContaining(['signup', 'notifier', 'metadata-writer']));
    expect(rows.map(([part]) => part)).toEqual(['broker', 'mail', ...services]);
    expect(start.output).toMatch(/curl -i -X POST http:\/\/localhost:\d+\/signups/);
  });

  it('has every service ready at the address in the table', async () => {
    const { parts } = (await folder.running())!;
    for (const name of ['signup', 'notifier', 'metadata-writer']) {
      const { url } = parts[name]!;
      expect(start.output).toMatch(new RegExp(`^ {2}${name} +ready +\\d+ {2}${url}( |$)`, 'm'));
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    }
  });

  it('is followed by the logs, with the name of the service in each line', async () => {
    const { parts } = (await folder.running())!;
    await fetch(`${parts['signup']!.url}/signups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', name: 'Ada' }),
    });
    await start.shows(/^\[mail\] .*ada@example\.com/m);
  });

  it('refuses to run twice on the same data, and reports which process runs there', async () => {
    const second = folder.run(['start']);
    expect(await second.ended).toBe(1);
    const { pid, parts } = (await folder.running())!;
    expect(second.output).toContain(`process ${pid}`);
    expect(second.output).toContain(parts['signup']!.url);
  });

  it('protects its data from npm run reset', async () => {
    const reset = folder.run(['run', 'reset']);
    expect(await reset.ended).toBe(1);
    expect(reset.output).toContain('Nothing was changed');
  });

  it('restarts a service that dies, at the same address', async () => {
    const before = (await folder.running())!.parts['notifier']!;
    process.kill(before.pid!, 'SIGKILL');
    await start.shows(/^\[notifier\] +was killed by SIGKILL; starting it again$/m);
    await eventually(
      async () => {
        const after = (await folder.running())!.parts['notifier']!;
        expect(after.pid).not.toBe(before.pid);
        expect(after.url).toBe(before.url);
        expect((await fetch(`${after.url}/health/ready`)).status).toBe(200);
      },
      { timeout: 15_000 },
    );
  });

  it('restarts the broker if it dies, at the same address and with its store', async () => {
    const before = (await folder.running())!;
    const messages = await storedEvents(before.natsUrl!);
    process.kill(before.parts['broker']!.pid!, 'SIGKILL');
    await start.shows(/^\[broker\] +ready at /m);
    expect((await folder.running())!.natsUrl).toBe(before.natsUrl);
    expect(await storedEvents(before.natsUrl!)).toBeGreaterThanOrEqual(messages);
    expect(messages).toBeGreaterThan(0);
  }, 30_000);
});

describe('npm run demo', () => {
  it('follows a signup and prints its flow as a tree', async () => {
    const demo = folder.run(['run', 'demo']);
    expect(await demo.ended).toBe(0);
    for (const line of [
      /^user\.signed-up +signup +\d+ ms$/m,
      /^[├└]─ notification\.sent +notifier +\d+ ms$/m,
      /^(│ | ) {2}└─ user\.metadata-recorded +metadata-writer-notifications +\d+ ms$/m,
      /^[├└]─ user\.metadata-recorded +metadata-writer +\d+ ms$/m,
    ]) {
      expect(demo.output).toMatch(line);
    }
  });

  it('explains what to do if no system runs', async () => {
    const elsewhere = await WorkingFolder.create();
    const demo = elsewhere.run(['run', 'demo']);
    expect(await demo.ended).toBe(1);
    expect(demo.output).toContain('Start one with `npm start`');
    await elsewhere.remove();
  });
});

describe('The end of npm start', () => {
  it('by Ctrl-C has code 0, takes at most 10 s, and leaves no process', async () => {
    const pids = pidsOf((await folder.running())!);
    const pressed = performance.now();
    start.pressCtrlC();
    expect(await start.ended).toBe(0);
    expect(performance.now() - pressed).toBeLessThan(10_000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await folder.running()).toBeUndefined();
  }, 20_000);

  it('by kill -9 leaves no process, and the next start finds all data', async () => {
    start = folder.run(['start']);
    await start.shows(UP);
    const running = (await folder.running())!;
    process.kill(running.pid, 'SIGKILL');
    await start.ended;
    await eventually(() => expect(pidsOf(running).filter(isAlive)).toEqual([]), { timeout: 15_000 });

    start = folder.run(['start']);
    await start.shows(UP);
    const { parts } = (await folder.running())!;
    const mails = (await (await fetch(`${parts['mail']!.url}/api/email`)).json()) as unknown[];
    expect(mails.length).toBeGreaterThan(0);
  }, 90_000);

  it('by the end of npm leaves no process', async () => {
    const running = (await folder.running())!;
    process.kill(start.pid, 'SIGKILL');
    await eventually(() => expect(pidsOf(running).filter(isAlive)).toEqual([]), { timeout: 15_000 });
  }, 20_000);

  it('is immediate when Ctrl-C is pressed again', async () => {
    start = folder.run(['start']);
    await start.shows(UP);
    const running = (await folder.running())!;
    process.kill(running.parts['notifier']!.pid!, 'SIGSTOP');
    start.pressCtrlC();
    await start.shows(/Stopping/);
    const pressAgain = () => {
      start.pressCtrlC();
      expect(pidsOf(running).filter(isAlive)).toEqual([]);
    };
    await eventually(pressAgain, { interval: 400, timeout: 4_000 });
    expect(await start.ended).not.toBe(0);
  }, 40_000);

  it('lets npm run reset remove the data', async () => {
    const reset = folder.run(['run', 'reset']);
    expect(await reset.ended).toBe(0);
    expect(await readdir(join(folder.path, '.data'))).toEqual(['lock']);
  });
});

describe('npm start if a part cannot start', () => {
  let other: WorkingFolder;

  beforeEach(async () => {
    other = await WorkingFolder.create();
  });

  afterEach(() => other.remove());

  it('shows the part and its last lines, ends with code 1, and leaves no process', async () => {
    const command = other.run(['start'], { MAIL_FROM: 'nobody' });
    await command.shows(/^ {2}notifier +failed/m);
    expect(await command.ended).toBe(1);
    expect(command.output).toMatch(/Its last lines:.*^\[notifier\].*MAIL_FROM/ms);
    expect(await other.running()).toBeUndefined();
  }, 30_000);

  it('reports what is wrong with the broker in NATS_URL', async () => {
    const command = other.run(['start'], { NATS_URL: 'nats://127.0.0.1:9' });
    expect(await command.ended).toBe(1);
    expect(command.output).toMatch(/^broker failed: No broker answers \(127\.0\.0\.1:9: .*unset NATS_URL/m);
  }, 30_000);

  it('ends with code 0 if Ctrl-C was first', async () => {
    const command = other.run(['start']);
    await command.shows(/^Starting/m);
    command.pressCtrlC();
    expect(await command.ended).toBe(0);
  }, 30_000);
});
