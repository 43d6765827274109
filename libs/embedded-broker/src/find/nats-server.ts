import { run } from '../run.js';
import { isTooOld, MINIMUM_VERSION, versionIn } from '../version.js';
import { StepFailedError } from './step.js';

/** nats-server that runs on this machine and is new enough. */
export interface NatsServer {
  /** Step of the search that found the server. */
  from: 'PATH' | 'cache' | 'download' | 'package' | 'docker';
  /** Version in the form `major.minor.patch`, as the server reports its version. */
  version: string;
  /** Absolute path of nats-server, or of the docker client if `container` is set. */
  command: string;
  container?: Container;
}

export interface Container {
  image: string;
  /**
   * User of the container in the form `uid:gid`, so that the files in the store belong to the user of this process. Default: the
   * user of the image.
   */
  user?: string;
}

/** Returns the version that the executable prints. The output also proves that the executable runs on this machine. */
export async function versionOf(command: string): Promise<string> {
  const { ok, stdout, lastLine } = await run(command, ['-v'], { timeout: 10_000 });
  const version = ok ? versionIn(stdout) : undefined;
  if (version) return version;
  throw new StepFailedError(`${command} does not run here: ${lastLine || 'it prints no version'}`, {
    remedy: 'remove it, or put a nats-server built for this machine in its place',
  });
}

/** @throws StepFailedError if the version is too old. The message contains both versions. */
export function refuseTooOld(version: string, where: string): void {
  if (!isTooOld(version)) return;
  throw new StepFailedError(
    `nats-server ${version} (${where}) is older than ${MINIMUM_VERSION}, so it is not used`,
    { remedy: `upgrade it to ${MINIMUM_VERSION} or newer` },
  );
}
