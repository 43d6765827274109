import { types } from 'node:util';
import { MINIMUM_VERSION } from '../version.js';
import { cacheFolder, findCached } from './cached.js';
import { findDockerized } from './dockerized.js';
import { findDownloaded } from './downloaded.js';
import type { NatsServer } from './nats-server.js';
import { findOnPath } from './on-path.js';
import { findPackaged } from './packaged.js';
import { type Search, StepFailedError } from './step.js';

export interface FindOptions {
  /**
   * Environment to read. Default: the environment of this process. `PATH` is searched. `CASCADE_CACHE` is the cache folder, by
   * default `.cache` in the project. `NATS_SERVER_MIRROR` replaces the address of the releases on GitHub.
   */
  env?: NodeJS.ProcessEnv;
  /** Reports progress to the user: each fetch, each refused server with the reason, and the server that was found. */
  report?: (line: string) => void;
}

/** Result of a search that fetches nothing. */
export interface LocalServer {
  /** Server that can be used; undefined if a server would have to be fetched. */
  server: NatsServer | undefined;
  /** Failures of the steps that found an unusable server. */
  refused: StepFailedError[];
}

type Step = (search: Search) => Promise<NatsServer>;

const LOCAL_STEPS = { PATH: findOnPath, cache: findCached };
/** All steps of the search, in their order. */
const STEPS = { ...LOCAL_STEPS, download: findDownloaded, package: findPackaged, docker: findDockerized };

/**
 * Finds or fetches a nats-server of {@link MINIMUM_VERSION} or newer. The order is: `PATH`, the project's cache, GitHub (checked
 * by SHA-256), the distribution's archive, Docker. The first usable server is returned. Nothing is installed on the system. If
 * the cache has a copy, the search takes about 20 ms.
 *
 * @throws NatsServerNotFoundError if every step failed
 */
export async function findNatsServer(options: FindOptions = {}): Promise<NatsServer> {
  const { server, failures } = await search(STEPS, options);
  if (!server) throw new NatsServerNotFoundError(failures);
  options.report?.(`nats-server ${server.version} ${describeOrigin(server)}`);
  return server;
}

/** Looks for a nats-server on the `PATH` and in the project's cache. Fetches nothing. */
export async function findLocalNatsServer({ env }: Pick<FindOptions, 'env'> = {}): Promise<LocalServer> {
  const { server, failures } = await search(LOCAL_STEPS, { env });
  return { server, refused: [...failures.values()].filter(({ expected }) => !expected) };
}

/** Runs the steps until one step finds a server. */
async function search(
  steps: Record<string, Step>,
  { env = process.env, report = () => {} }: FindOptions,
): Promise<{ server?: NatsServer; failures: Map<string, StepFailedError> }> {
  const input: Search = { env, cacheDir: cacheFolder(env), report };
  const failures = new Map<string, StepFailedError>();
  for (const [name, find] of Object.entries(steps)) {
    try {
      return { server: await find(input), failures };
    } catch (error) {
      const failure = asFailure(error);
      if (!failure.expected) report(failure.message);
      failures.set(name, failure);
    }
  }
  return { failures };
}

/** Thrown if every step of the search failed. The message lists the result of each step, with advice. */
export class NatsServerNotFoundError extends Error {
  /** Instructs the command line tools to print the message without the stack. */
  readonly operational = true;

  constructor(readonly failures: ReadonlyMap<string, StepFailedError>) {
    const steps = [...failures].map(([step, { message, remedy }]) => {
      const line = `  ${step.padEnd(9)} ${message}`;
      return remedy ? `${line}\n  ${''.padEnd(9)} -> ${remedy}` : line;
    });
    super(
      `No nats-server ${MINIMUM_VERSION} or newer could be found or fetched.\n${steps.join('\n')}\n` +
        'One of these is enough. The shortest way: install nats-server (macOS: `brew install nats-server`; others: ' +
        'https://nats.io/download), or set NATS_URL to a running server.',
      { cause: [...failures.values()] },
    );
    this.name = 'NatsServerNotFoundError';
  }
}

/**
 * Converts a system error to a failure of the step. A full disk or a read-only folder therefore fails only the step, not the
 * search. Any other unexpected error is rethrown.
 */
function asFailure(error: unknown): StepFailedError {
  if (error instanceof StepFailedError) return error;
  if (types.isNativeError(error) && 'syscall' in error)
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
