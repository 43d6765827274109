import type { Screen } from './screen/screen.js';
import { APP_LIST } from './parts/services.js';
import type { ListChanges, System } from './system.js';

/**
 * Returns the differences between nest-cli.json and the running services. If the file cannot be read, shows the reason on the
 * screen and returns no differences.
 */
export function listChanges(system: System, screen: Screen): ListChanges {
  try {
    return system.listChanges();
  } catch (error) {
    screen.say((error as Error).message);
    return { added: [], removed: [] };
  }
}

/**
 * Starts the added services and stops the removed services. The code must already be compiled. Never rejects, because the screen
 * shows errors.
 */
export async function applyChanges(changes: ListChanges, system: System, screen: Screen): Promise<void> {
  for (const app of changes.added) screen.line(app, `starts: ${APP_LIST} lists it now`);
  try {
    await system.apply(changes);
    for (const part of changes.removed) screen.line(part, `is no longer in ${APP_LIST}: stopped`);
  } catch (error) {
    screen.say(`Not all changes of ${APP_LIST} could be applied: ${(error as Error).message}`);
  }
}
