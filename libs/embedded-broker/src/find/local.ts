import { cacheFolder, findCached } from './cached.js';
import type { FindOptions } from './find-nats-server.js';
import type { NatsServer } from './nats-server.js';
import { findOnPath } from './on-path.js';
import { StepFailedError } from './step.js';

/** The nats-server that {@link findNatsServer} would take without fetching anything. */
export interface LocalServer {
  /** Undefined where it would have to be fetched. */
  server: NatsServer | undefined;
  /** What is there and cannot be used, and why. */
  refused: StepFailedError[];
}

/** Looks for a nats-server on the `PATH` and in the project's cache, and fetches nothing. */
export async function findLocalNatsServer({
  env = process.env,
  report = () => {},
}: FindOptions = {}): Promise<LocalServer> {
  const search = { env, cacheDir: cacheFolder(env), report };
  const refused: StepFailedError[] = [];
  for (const step of [findOnPath, findCached]) {
    try {
      return { server: await step(search), refused };
    } catch (error) {
      if (!(error instanceof StepFailedError)) throw error;
      if (!error.expected) refused.push(error);
    }
  }
  return { server: undefined, refused };
}
