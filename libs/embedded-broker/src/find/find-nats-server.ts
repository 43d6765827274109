import { MINIMUM_VERSION } from '../version.js';
import { cacheFolder, findCached } from './cached.js';
import { findDockerized } from './dockerized.js';
import { findDownloaded } from './downloaded.js';
import { type NatsServer, STEPS } from './nats-server.js';
import { findOnPath } from './on-path.js';
import { findPackaged } from './packaged.js';
import { type Search, StepFailedError } from './step.js';

export interface FindOptions {
  /**
   * Default: the process's own. `PATH` is searched; `CASCADE_CACHE` is the cache folder (default: `.cache` in the
   * project); `NATS_SERVER_MIRROR` stands in for the address of the releases at GitHub.
   */
  env?: NodeJS.ProcessEnv;
  /** Takes lines for people: what is fetched, what is refused and why, and in the end what was taken. */
  report?: (line: string) => void;
}

type Step = (search: Search) => Promise<NatsServer>;

const FIND: Record<NatsServer['from'], Step> = {
  PATH: findOnPath,
  cache: findCached,
  download: findDownloaded,
  package: findPackaged,
  docker: findDockerized,
};

/**
 * Finds a nats-server of {@link MINIMUM_VERSION} or newer, or fetches one: on the `PATH`, in the project's cache, from
 * GitHub (checked by SHA-256), from the distribution's archive, through Docker; in this order. Nothing is installed in
 * the system. Once the cache has a copy this takes some 20 ms.
 *
 * @throws NatsServerNotFoundError when every step failed
 */
export async function findNatsServer({
  env = process.env,
  report = () => {},
}: FindOptions = {}): Promise<NatsServer> {
  const search = { env, cacheDir: cacheFolder(env), report };
  const failures = new Map<string, StepFailedError>();
  for (const step of STEPS) {
    try {
      const server = await FIND[step](search);
      report(`nats-server ${server.version} ${describeOrigin(server)}`);
      return server;
    } catch (error) {
      const failure = asFailure(error);
      if (!failure.expected) report(failure.message);
      failures.set(step, failure);
    }
  }
  throw new NatsServerNotFoundError(failures);
}

/** Every step of the search failed. The message lists what each one met and what can be done. */
export class NatsServerNotFoundError extends Error {
  /** For the tools: the message says all, no stack is needed. */
  readonly operational = true;

  constructor(readonly failures: ReadonlyMap<string, StepFailedError>) {
    const steps = [...failures].map(([step, { message, remedy }]) => {
      const line = `  ${step.padEnd(9)} ${message}`;
      return remedy ? `${line}\n  ${''.padEnd(9)} -> ${remedy}` : line;
    });
    super(
      `No nats-server ${MINIMUM_VERSION} or newer could be found or fetched.\n${steps.join('\n')}\n` +
        'One of these is enough. The shortest way: install nats-server (macOS: `brew install nats-server`; others: ' +
        'https://nats.io/download), or set NATS_URL to a server that runs.',
      { cause: [...failures.values()] },
    );
    this.name = 'NatsServerNotFoundError';
  }
}

/** A full disk or a folder that may not be written ends a step, not the search. */
function asFailure(error: unknown): StepFailedError {
  if (error instanceof StepFailedError) return error;
  if (error instanceof Error && 'syscall' in error)
    return new StepFailedError(error.message, { cause: error });
  throw error;
}

function describeOrigin({ from, command, container }: NatsServer): string {
  switch (from) {
    case 'PATH':
      return `from the PATH (${command})`;
    case 'cache':
      return `from the cache (${command})`;
    case 'download':
      return `downloaded to ${command}`;
    case 'package':
      return `from the distribution's package, unpacked to ${command}`;
    case 'docker':
      return `from Docker (${container?.image})`;
  }
}
