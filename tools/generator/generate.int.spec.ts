import { readTopology, type Topology } from '@cascade/topology';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { checkoutRoot } from '../checkout.js';
import type { ProcessorChoice } from './choice/choice.js';
import { RefusedNameError } from './errors.js';
import { generate } from './generate.js';
import { planRemoval } from './plan-removal.js';

const coupon: ProcessorChoice = {
  name: 'spec-coupon',
  consumes: { event: 'user.signed-up' },
  publishes: 'spec-coupon.issued',
};

/** These specs use this checkout, and write nothing. */
describe('a generated processor', () => {
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

  it('has its own app and a new event, and entries in shared files', async () => {
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

  it('has its files and an entry in the module of an existing app', async () => {
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

  it('adds the packages that an existing app does not declare', async () => {
    const changes = await changesOf({ name: 'spec-counter', consumes: coupon.consumes, app: 'signup' });
    const { content } = changes.find(({ path }) => path === 'apps/signup/package.json')!;
    expect(content).toMatch(/"@nestjs\/microservices": "\d/);
    expect(changes.map(({ path }) => path)).toContain('package-lock.json');
  });

  it('passes the configured drain timeout to its handlers', async () => {
    const module = (await changesOf(coupon)).find(({ path }) => path.endsWith('spec-coupon.module.ts'))!;
    expect(module.content).toMatch(
      /JetStreamModule\.forRoot\(\{[^}]*\bdrainTimeout: config\.drainTimeout\b[^}]*\}\)/,
    );
  });

  it('has a port that no other service has', async () => {
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
    ['notifier', 'There is a processor "notifier" already: WelcomeProcessor.notify in notifier.'],
    ['signup', 'There is an app "signup" already.'],
  ])('cannot be called %s', async (name, reason) => {
    expect(await refusalOf({ ...coupon, name })).toContain(reason);
  });

  it.each<[string, Partial<ProcessorChoice>, string]>([
    ['an unknown event', { consumes: { event: 'user.singed-up' } }, 'Did you mean user.signed-up?'],
    ['an unknown event that resembles none', { consumes: { event: 'pigeon.landed' } }, 'notification.sent, '],
    ['an invalid event name', { publishes: 'CouponIssued' }, 'such as coupon.issued'],
    ['an event name in the wrong case', { publishes: 'Coupon.Issued' }, 'Did you mean coupon.issued?'],
    ['a typing error', { publishes: 'notification.send' }, 'Did you mean notification.sent?'],
    ['an event of the transport', { publishes: 'event.failed' }, 'of the transport already has the class'],
    ['its own events', { publishes: 'events.user.signed-up' }, 'Publish another event.'],
    ['an unknown processor', { consumes: { failuresOf: 'notifer' } }, 'Did you mean notifier?'],
    ['an unknown app', { app: 'notifer' }, 'Did you mean notifier?'],
  ])('cannot be made from %s', async (_, choice, reason) => {
    expect(await refusalOf({ ...coupon, ...choice })).toContain(reason);
  });

  it('may consume a new event with a similar name if that is requested', async () => {
    const consumed = { ...coupon, consumes: { event: 'notification.send' }, newEvent: true };
    expect(await pathsOf(consumed)).toContain('create libs/contracts/src/notification-send.ts');
  });

  it('cannot be removed under an unknown name, and the error suggests the most similar one', async () => {
    await expect(planRemoval(root, topology, { name: 'notifer' })).rejects.toMatchObject({
      name: 'RefusedNameError',
      remedies: ['Did you mean notifier?'],
    });
  });

  it('cannot be removed if others depend on it', async () => {
    await expect(planRemoval(root, topology, { name: 'notifier' })).rejects.toThrow(
      /^Others depend on notifier: metadata-writer-failures consumes its failures; .* consumes notification\.sent, which only/,
    );
  });

  it.each(['metadata-writer', 'metadata-writer-failures'])(
    '%s, written by hand, cannot be removed, and the error says where it is and what to do',
    async (name) => {
      const handler = topology.processors.find((processor) => processor.name === name)!.handler;
      await expect(planRemoval(root, topology, { name })).rejects.toMatchObject({
        name: 'NotGeneratedError',
        message:
          `${name} is not a generated processor: apps/metadata-writer/src/${name}/${name}.processor.ts does not exist. ` +
          `Its handler is ${handler} in app metadata-writer.`,
        remedies: [
          'Nothing was removed. Remove the handler by hand, then call `node cascade topology --update-docs`. ' +
            '`node cascade topology --check` shows what else refers to it.',
        ],
      });
    },
  );
});
