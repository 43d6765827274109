import { Consumes, EventContext, UnrecoverableError } from '@cascade/jetstream';
import { recordLog, eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

class CardDeclined extends UnrecoverableError {}
class BankClosed extends Error {}

@Controller()
class Billing {
  @Consumes(OrderPlaced, { processor: 'billing', attempts: 4, backoff: 10, pause: false })
  bill(@Payload() { note }: OrderPlaced, @Ctx() { attempt }: EventContext): void {
    if (note === 'declined') throw new CardDeclined('no funds\n    at Forged.frame\n[Nest] ERROR forged');
    if (note === 'closed' && attempt < 4) throw new BankClosed('closed');
  }
}

const user = (name: string, denied: string[]) => ({
  user: name,
  password: 'x',
  permissions: { publish: { deny: denied } },
});

describe('the log of failures', () => {
  const users = [user('admin', []), user('no-retries', ['retry.>'])];
  const transport = useTransport({ authorization: { users }, no_auth_user: 'admin' });
  let log: ReturnType<typeof recordLog>;
  const problems = () => log().filter((line) => !line.startsWith('log: '));

  beforeAll(async () => {
    await transport.run({ controllers: [Billing] });
    await transport.closeApplications();
  });
  beforeEach(() => {
    log = recordLog();
  });

  async function start(userName = 'admin'): Promise<void> {
    const servers = `nats://${userName}:x@127.0.0.1:${transport.broker.port}`;
    await transport.run({ controllers: [Billing] }, { servers });
    log = recordLog();
  }
  const place = (note: string, extra: Record<string, string> = {}) =>
    transport.publish('events.order.placed', { orderId: 'one', amount: 1, note }, extra);
  const settled = (failures: number) =>
    eventually(async () => {
      expect(await transport.read('FAILURES', 'failed.billing.>')).toHaveLength(failures);
      expect(await transport.inFlight('billing')).toBe(0);
    });

  it('names a dead-lettered event, its flow and the class of the error, and cannot be forged', async () => {
    await start();
    place('declined', { 'ce-id': 'order%0A17%1B%5B2J', 'ce-correlationid': 'flow-1' });
    await settled(1);

    expect(problems()).toHaveLength(1);
    const [line, ...frames] = problems()[0]!.split('\n');
    expect(line).toBe(
      'error: event order\\n17\\u001b[2J of flow flow-1 dead-lettered, unrecoverable: ' +
        'CardDeclined: no funds\\n    at Forged.frame\\n[Nest] ERROR forged',
    );
    expect(frames[0]).toMatch(/^ {4}at .*failure-log\.int\.spec/);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at (?!Forged)/);
  });

  it('has the first failure of a storm with its stack, and the number of the other failures', async () => {
    await start();
    for (let number = 0; number < 300; number++)
      transport.publish('events.order.placed', 'no json', { 'ce-id': `storm-${number}` });
    await settled(301);
    await transport.closeApplications();

    expect(problems()).toEqual([
      expect.stringMatching(
        /^error: event storm-\d+ of flow storm-\d+ dead-lettered, invalid-event: InvalidEventError: .*\n +at /,
      ),
      expect.stringMatching(
        /^error: InvalidEventError: and 299 more dead-lettered in the last \d+ s, the last of them event storm-\d+ of flow storm-\d+$/,
      ),
    ]);
  });

  it('has retries in the same way, with the flow', async () => {
    await start();
    place('closed', { 'ce-id': 'retried', 'ce-correlationid': 'flow-2' });
    await eventually(() => expect(problems()).toHaveLength(1));
    await eventually(async () => {
      expect(await transport.read('RETRIES', 'retry.billing.>')).toEqual([]);
      expect(await transport.inFlight('billing')).toBe(0);
    });
    await transport.closeApplications();

    expect(problems()).toEqual([
      expect.stringMatching(
        /^warn: event retried of flow flow-2 failed at attempt 1 of 4, next in 0\.0 s: BankClosed: closed\n +at /,
      ),
      expect.stringMatching(
        /^warn: BankClosed: and 2 more failed and are retried in the last \d+ s, the last of them event retried of flow flow-2$/,
      ),
    ]);
  });

  it('names the flow of an event that could not be settled', async () => {
    await start('no-retries');
    place('closed', { 'ce-id': 'unsettled', 'ce-correlationid': 'flow-3' });
    await eventually(() =>
      expect(problems()).toContainEqual(
        expect.stringMatching(
          /^error: event unsettled of flow flow-3 could not be settled and will be redelivered: PublishDeniedError: /,
        ),
      ),
    );
  });
});
