import type { Topology } from '@cascade/topology';
import { expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { hostWith } from '../test/session.js';
import { choose, type ChoiceOptions } from './choose.js';

const ENTER = '\r';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';

const topology = {
  apps: [{ name: 'shop', folder: 'apps/shop' }],
  processors: [{ name: 'billing', consumes: { event: 'order.placed' } }],
  contracts: [{ event: 'order.placed', class: 'OrderPlaced', newest: true, origin: 'contracts' }],
} as unknown as Topology;

/** Answers the questions on a terminal. Presses the next of `keys` when a question appears. */
async function answer(options: ChoiceOptions, keys: readonly string[], mayAsk = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 });
  let shown = '';
  let asked = 0;
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    // Each question ends with a single `?`, and is redrawn after each key.
    const questions = new Set(shown.match(/(What|Which)[^?]*\?/g) ?? []).size;
    if (questions > asked) {
      asked = questions;
      const pressed = keys[asked - 1];
      if (pressed !== undefined) setImmediate(() => stdin.write(pressed));
    }
  });
  const host = hostWith({ env: {} }, { stdin, stderr });
  const choice = await choose(options, mayAsk, topology, host);
  return { choice, asked };
}

it('Asks for everything if nothing is given', async () => {
  const { choice, asked } = await answer({}, [`coupon${ENTER}`, ENTER, ENTER, ENTER]);
  expect(asked).toBe(4);
  expect(choice).toEqual({
    name: 'coupon',
    consumes: { event: 'order.placed' },
    publishes: undefined,
    app: undefined,
    newEvent: false,
  });
});

it('Asks only for missing options, and offers failures and apps', async () => {
  const { choice, asked } = await answer({ name: 'coupon', publishes: 'coupon.issued' }, [
    `${DOWN}${ENTER}`,
    `${DOWN}${ENTER}`,
  ]);
  expect(asked).toBe(2);
  expect(choice).toMatchObject({
    consumes: { failuresOf: 'billing' },
    publishes: 'coupon.issued',
    app: 'shop',
  });
});

it('Does not ask for an app that has the name of the processor', async () => {
  const given = { name: 'coupon', consumes: 'order.placed', publishes: 'coupon.issued', app: 'coupon' };
  expect(await answer(given, [])).toMatchObject({ asked: 0, choice: { name: 'coupon', app: undefined } });
});

it('Ctrl-C cancels the questions', async () => {
  expect((await answer({ name: 'coupon' }, [CTRL_C])).choice).toBeUndefined();
});

it('Asks nothing if questions are forbidden', async () => {
  const { choice, asked } = await answer({ name: 'coupon', consumes: 'order.placed' }, [], false);
  expect({ choice, asked }).toMatchObject({ choice: { name: 'coupon' }, asked: 0 });
  await expect(answer({ name: 'coupon' }, [], false)).rejects.toThrow(
    'needs --consumes EVENT or --failures-of PROCESSOR',
  );
  await expect(answer({ consumes: 'order.placed' }, [], false)).rejects.toThrow('needs a name');
  await expect(answer({ consumes: 'a.b', failuresOf: 'c' }, [], false)).rejects.toThrow('exclude each other');
});
