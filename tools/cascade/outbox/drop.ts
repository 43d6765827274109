import type { Invocation } from '../command-line.js';
import { act, type ActOptions } from './act.js';

export function run(invocation: Invocation<ActOptions>): Promise<number> {
  return act(invocation, 'dropped', (outbox, ids, asker) => outbox.drop(ids, asker));
}
