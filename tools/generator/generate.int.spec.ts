import { readTopology, type Topology } from '@cascade/topology';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { checkoutRoot } from '../checkout.js';
import type { ProcessorChoice } from './choice.js';
import { RefusedNameError } from './errors.js';
import { generate } from './generate.js';
import { takeOut } from './take-out.js';

const coupon: ProcessorChoice = {
  name: 'spec-coupon',
  consumes: { event: 'user.signed-up' },
  publishes: 'spec-coupon.issued',
};

/** On this checkout: nothing is written. */
describe('a processor', () => {
  const root = checkoutRoot();
  let topology: Topology;

  beforeAll(async () => {
    const load = (source: string) => import(join(root, source)) as Promise<object>;
    topology = await readTopology({ root, load });
  });

  const changesOf = async (choice: ProcessorChoice) => (await generate(root, topology, choice)).changes;
  const pathsOf = async (choice: ProcessorChoice) =>
    (await changesOf(choice)).map(({ kind, path }) => `${kind} ${path}`);
  const refusalOf = async (choice: ProcessorChoice) => {
    const error = await generate(root, topology, choice).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedNameError);
    const { message, remedies } = error as RefusedNameError;
    return [message, ...remedies].join(' ');
  };

  it('with an app of its own and a new event is those files, and entries in those of others', async () => {
    const own = 'apps/spec-coupon/src/spec-coupon/spec-coupon.processor';
    expect((await pathsOf(coupon)).sort()).toEqual(
      [
        'change contracts.lock.json',
        'change docker-compose.yml',
        'change docs/processors.md',
        'change libs/contracts/src/index.ts',
        'change nest-cli.json',
        'change package-lock.json',
        'create apps/spec-coupon/package.json',
        'create apps/spec-coupon/src/main.ts',
        'create apps/spec-coupon/src/spec-coupon-config.ts',
        'create apps/spec-coupon/src/spec-coupon.module.ts',
        'create apps/spec-coupon/tsconfig.app.json',
        'create libs/contracts/golden/spec-coupon.issued.v1.json',
        'create libs/contracts/src/spec-coupon-issued.ts',
        ...['.int.spec.ts', '.ts', '.unit.spec.ts'].map((end) => `create ${own}${end}`),
      ].sort(),
    );
  });

  it('in an app that is there is its files and an entry in the module', async () => {
    const counter = { name: 'spec-counter', consumes: { event: 'events.user.signed-up' }, app: 'notifier' };
    const folder = 'apps/notifier/src/spec-counter/spec-counter.processor';
    expect((await pathsOf(counter)).sort()).toEqual(
      [
        'change apps/notifier/src/notifier.module.ts',
        'change contracts.lock.json',
        'change docs/processors.md',
        ...['.int.spec.ts', '.ts', '.unit.spec.ts'].map((end) => `create ${folder}${end}`),
      ].sort(),
    );
  });

  it('in an app that declares less than it imports changes what that declares', async () => {
    const changes = await changesOf({ name: 'spec-counter', consumes: coupon.consumes, app: 'signup' });
    const { content } = changes.find(({ path }) => path === 'apps/signup/package.json')!;
    expect(content).toMatch(/"@nestjs\/microservices": "\d/);
    expect(changes.map(({ path }) => path)).toContain('package-lock.json');
  });

  it('gives its handlers the time of a stop that the configuration says', async () => {
    const module = (await changesOf(coupon)).find(({ path }) => path.endsWith('spec-coupon.module.ts'))!;
    expect(module.content).toMatch(
      /JetStreamModule\.forRoot\(\{[^}]*\bdrainTimeout: config\.drainTimeout\b[^}]*\}\)/,
    );
  });

  it('takes a port that no service has', async () => {
    const compose = (await changesOf(coupon)).find(({ path }) => path === 'docker-compose.yml')!.content!;
    const ports = [...compose.matchAll(/^ +PORT: (\d+)$/gm)].map(([, port]) => port);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it.each([
    ['SpecCoupon', 'Did you mean spec-coupon?'],
    ['spec coupon', 'Did you mean spec-coupon?'],
    ['x'.repeat(65), 'up to 64 characters'],
    ['class', 'a word that JavaScript reserves'],
    ['nats', 'docker-compose.yml'],
    ['contracts', '@app/contracts'],
    ['notifier', 'There is a processor "notifier" already: WelcomeNotifier.notify in notifier.'],
    ['signup', 'There is an app "signup" already.'],
  ])('is not called %s', async (name, reason) => {
    expect(await refusalOf({ ...coupon, name })).toContain(reason);
  });

  it.each<[string, Partial<ProcessorChoice>, string]>([
    ['an event that there is not', { consumes: { event: 'user.singed-up' } }, 'Did you mean user.signed-up?'],
    ['an event like no other', { consumes: { event: 'pigeon.landed' } }, 'notification.sent, '],
    ['what is no event', { publishes: 'CouponIssued' }, 'such as coupon.issued'],
    ['what is nearly an event', { publishes: 'Coupon.Issued' }, 'Did you mean coupon.issued?'],
    ['a slip of the pen', { publishes: 'notification.send' }, 'Did you mean notification.sent?'],
    ['an event of the transport', { publishes: 'event.failed' }, 'comes with the transport'],
    ['answers to its own answers', { publishes: 'events.user.signed-up' }, 'Publish another event.'],
    ['a processor that there is not', { consumes: { failuresOf: 'notifer' } }, 'Did you mean notifier?'],
    ['an app that there is not', { app: 'notifer' }, 'Did you mean notifier?'],
  ])('is not made of %s', async (_, choice, reason) => {
    expect(await refusalOf({ ...coupon, ...choice })).toContain(reason);
  });

  it('may consume, and differ little from, an event that is created where that is said', async () => {
    const consumed = { ...coupon, consumes: { event: 'notification.send' }, newEvent: true };
    expect(await pathsOf(consumed)).toContain('create libs/contracts/src/notification-send.ts');
  });

  it('is not taken out where there is none of that name, with the nearest that there is', async () => {
    await expect(takeOut(root, topology, { name: 'notifer' })).rejects.toMatchObject({
      name: 'RefusedNameError',
      remedies: ['Did you mean notifier?'],
    });
  });

  it('is not taken out where others build on it', async () => {
    await expect(takeOut(root, topology, { name: 'notifier' })).rejects.toThrow(
      /^Others build on notifier: metadata-writer-failures consumes its failures; only it publishes notification\.sent/,
    );
  });

  it.each(['metadata-writer', 'metadata-writer-failures'])(
    '%s, written by hand, is not taken out, and it is said where it is and what to do',
    async (name) => {
      const handler = topology.processors.find((processor) => processor.name === name)!.handler;
      await expect(takeOut(root, topology, { name })).rejects.toMatchObject({
        name: 'NotGeneratedError',
        message:
          `${name} is not a generated processor: there is no apps/metadata-writer/src/${name}/${name}.processor.ts. ` +
          `Its handler is ${handler} of app metadata-writer.`,
        remedies: [
          'Nothing was removed. Take it out by hand: the handler, then `node cascade topology --update-docs`; ' +
            '`node cascade topology --check` tells what else names it.',
        ],
      });
    },
  );
});
