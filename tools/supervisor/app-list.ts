import type { Screen } from './screen/screen.js';
import { APP_LIST } from './parts/services.js';
import type { ListChanges, System } from './system.js';

/** How nest-cli.json differs from the running services. If it cannot be read, there are no changes, and the screen says why. */
export function listChanges(system: System, screen: Screen): ListChanges {
  try {
    return system.listChanges();
  } catch (error) {
    screen.say((error as Error).message);
    return { added: [], removed: [] };
  }
}

/** Starts the added services and stops the removed ones. The code must be compiled. Never rejects: the screen shows errors. */
export async function applyChanges(changes: ListChanges, system: System, screen: Screen): Promise<void> {
  for (const app of changes.added) screen.line(app, `starts: ${APP_LIST} lists it now`);
  try {
    await system.apply(changes);
    for (const part of changes.removed) screen.line(part, `is no longer in ${APP_LIST}: stopped`);
  } catch (error) {
    screen.say(`Not all changes of ${APP_LIST} could be applied: ${(error as Error).message}`);
  }
}
