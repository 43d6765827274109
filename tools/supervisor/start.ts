import type { Checkout } from '../checkout.js';
import { applyChanges, listChanges } from './app-list.js';
import { runSystem } from './run-system.js';
import type { Screen } from './screen/screen.js';
import { APP_LIST } from './parts/services.js';
import { watchSources } from './watch/source-watcher.js';
import type { System } from './system.js';

/**
 * Runs `npm start`. Starts and stops services when the list of apps in nest-cli.json changes, but does not reload changed code.
 */
export function main(checkout: Checkout): Promise<number> {
  return runSystem(checkout, {
    reloads: false,
    whileUp: (system, screen) =>
      watchSources(
        checkout.root,
        [APP_LIST],
        () => followList(checkout, system, screen),
        ({ message }) => screen.say(`  ${APP_LIST} cannot be watched: ${message}`),
      ),
  });
}

async function followList(checkout: Checkout, system: System, screen: Screen): Promise<void> {
  const changes = listChanges(system, screen);
  if (changes.added.length + changes.removed.length === 0) return;
  const { failures } = await checkout.compile();
  for (const { message } of failures) screen.say(message);
  await applyChanges(changes, system, screen);
}
