import type { Screen } from './screen/screen.js';
import { APP_LIST } from './parts/services.js';
import type { ListChanges, System } from './system.js';

/** How nest-cli.json differs from what runs; nothing, and the screen says why, while it cannot be read. */
export function listChanges(system: System, screen: Screen): ListChanges {
  try {
    return system.listChanges();
  } catch (error) {
    screen.say((error as Error).message);
    return { added: [], removed: [] };
  }
}

/** Starts and stops services as the changes say; the code must be compiled. Never rejects: the screen says what went wrong. */
export async function applyChanges(changes: ListChanges, system: System, screen: Screen): Promise<void> {
  for (const app of changes.added) screen.line(app, `starts: ${APP_LIST} lists it now`);
  try {
    await system.apply(changes);
    for (const part of changes.removed) screen.line(part, `is no longer in ${APP_LIST}: stopped`);
  } catch (error) {
    screen.say(`Not all apps of ${APP_LIST} could be taken up: ${(error as Error).message}`);
  }
}
