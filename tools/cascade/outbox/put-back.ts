import type { Invocation } from '../command-line.js';
import { act, type ActOptions } from './act.js';

export function run(invocation: Invocation<ActOptions>): Promise<number> {
  return act(invocation, 'put back', (outbox, ids, asker) =>
    outbox.putBack(ids.length > 0 ? ids : undefined, asker),
  );
}
