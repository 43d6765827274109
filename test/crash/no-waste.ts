import { EVENTS_STREAM } from '@cascade/jetstream';
import type { SignupSystem } from './system/signup-system.js';
import type { Trial } from './trial.js';

/**
 * Checks that each processor received as many deliveries as there are stored events on its channels. Also checks that no event
 * was retried.
 */
export async function expectNoWaste(trial: Trial, { client }: SignupSystem): Promise<void> {
  let wasted = 0;
  for (const [name, { deliveries }] of await client.backlogs(EVENTS_STREAM)) {
    const { config } = await client.manager.consumers.info(EVENTS_STREAM, name);
    const counts = (config.filter_subjects ?? []).map((subject) => client.count(EVENTS_STREAM, subject));
    const stored = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    trial.expectEqual(`deliveries to ${name} beyond one an event`, deliveries - stored, 0);
    wasted += deliveries - stored;
  }
  const { state } = await client.manager.streams.info('RETRIES');
  trial.expectEqual('messages of retries', state.last_seq, 0);
  trial.figure(`${wasted} attempts wasted`);
}
