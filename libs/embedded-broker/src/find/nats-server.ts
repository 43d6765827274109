import { run } from '../run.js';
import { isTooOld, MINIMUM_VERSION, versionIn } from '../version.js';
import { StepFailedError } from './step.js';

/** The steps of the search, in their order. */
export const STEPS = ['PATH', 'cache', 'download', 'package', 'docker'] as const;

/** A nats-server that was found, ran, and is new enough. */
export interface NatsServer {
  /** The step that gave it. */
  from: (typeof STEPS)[number];
  /** `major.minor.patch`, as the server itself says. */
  version: string;
  /** Absolute path of nats-server, or of the docker command line where `container` is set. */
  command: string;
  container?: Container;
}

export interface Container {
  image: string;
  /** `uid:gid` to run as, so that the files in the store belong to whoever started it. Absent: the image's own user. */
  user?: string;
}

/** Asks the executable for its version: proof that it runs on this machine. */
export async function versionOf(command: string): Promise<string> {
  const { ok, stdout, lastLine } = await run(command, ['-v'], { timeout: 10_000 });
  const version = ok ? versionIn(stdout) : undefined;
  if (version) return version;
  throw new StepFailedError(`${command} does not run here: ${lastLine || 'it names no version'}`, {
    remedy: 'remove it, or put a nats-server built for this machine in its place',
  });
}

/** Throws a {@link StepFailedError} that names both versions. */
export function refuseTooOld(version: string, where: string): void {
  if (!isTooOld(version)) return;
  throw new StepFailedError(
    `nats-server ${version} (${where}) is older than ${MINIMUM_VERSION}, so it is not used`,
    {
      remedy: `upgrade it to ${MINIMUM_VERSION} or newer`,
    },
  );
}
