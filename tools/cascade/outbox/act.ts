import type { Asker } from '@cascade/outbox';
import { userInfo } from 'node:os';
import { withBroker } from '../broker/broker.js';
import type { CommandModule, Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { counted } from '../text/numbers.js';
import { onlyOne, outboxesOf, type AppOutbox } from './outboxes.js';

export interface ActOptions {
  app?: string;
  by?: string;
  reason?: string;
}

type Act = CommandModule<ActOptions>;

export const putBack: Act = {
  run: (invocation) =>
    act(invocation, 'put back', (outbox, ids, asker) =>
      outbox.putBack(ids.length > 0 ? ids : undefined, asker),
    ),
};

export const drop: Act = {
  run: (invocation) => act(invocation, 'dropped', (outbox, ids, asker) => outbox.drop(ids, asker)),
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Changes events that are set aside in one outbox.
 *
 * @param done words that describe the change in the output, such as `put back`
 * @param change resolves to the number of changed events; `ids` is empty if the user named no events
 * @returns the exit code, which is 1 if any named event is not set aside
 */
async function act(
  { host, output, args, options }: Invocation<ActOptions>,
  done: string,
  change: (outbox: AppOutbox['remote'], ids: readonly string[], asker: Asker) => Promise<number>,
): Promise<number> {
  const ids = args.filter((id) => id !== undefined);
  const wrong = ids.find((id) => !UUID.test(id));
  if (wrong !== undefined) {
    throw new UsageError(`${JSON.stringify(wrong)} is not the id of an event.`, [
      '`node cascade outbox` shows the ids of events that are set aside.',
    ]);
  }
  const { by = userInfo().username, reason = '' } = options;
  const { publishers } = await readDeclared(host);
  const { app, changed } = await withBroker(host, async (broker) => {
    const outbox = await onlyOne(outboxesOf(broker, publishers, options.app));
    return { app: outbox.app, changed: await change(outbox.remote, ids, { by, reason }) };
  });
  const isWhole = changed >= ids.length;
  output.result({ app, changed }, () => [
    `${counted(changed, 'event')} ${done}.`,
    ...(isWhole ? [] : [`Unchanged, because they are not set aside in ${app}: ${ids.length - changed}.`]),
  ]);
  return isWhole ? ExitCode.ok : ExitCode.failed;
}
