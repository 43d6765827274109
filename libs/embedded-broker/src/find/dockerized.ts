import { run } from '../run.js';
import { versionIn } from '../version.js';
import { type Container, type NatsServer, refuseTooOld } from './nats-server.js';
import { lookUp } from './on-path.js';
import { PINNED_RELEASE } from './release.js';
import { type Search, StepFailedError } from './step.js';

/** Official image of the minor version of the pinned release, such as `nats:2.14-alpine`. */
export const IMAGE = `nats:${PINNED_RELEASE.version.replace(/\.\d+$/, '')}-alpine`;

/** Runs the step "docker", which uses the official image if a Docker engine answers. Docker pulls a missing image. */
export async function findDockerized({ env, report }: Search): Promise<NatsServer> {
  const command = await lookUp('docker', env);
  if (!command) throw new StepFailedError('no docker on the PATH', { expected: true });

  const engine = await run(command, ['info', '--format', '{{json .SecurityOptions}}'], {
    timeout: 10_000,
    env,
  });
  if (!engine.ok) {
    throw new StepFailedError(`the Docker engine does not answer: ${engine.lastLine}`, {
      remedy: 'start Docker',
    });
  }

  report(`taking ${IMAGE} from Docker`);
  const trial = await run(command, ['run', '--rm', IMAGE, 'nats-server', '-v'], { timeout: 180_000, env });
  const version = trial.ok ? versionIn(trial.stdout) : undefined;
  if (!version) {
    throw new StepFailedError(`docker could not run ${IMAGE}: ${trial.lastLine}`, {
      remedy: `see what \`docker pull ${IMAGE}\` says`,
    });
  }
  refuseTooOld(version, IMAGE);
  return { from: 'docker', version, command, container: container(engine.stdout) };
}

/**
 * Returns the image and the user of the container. In a rootless engine, root in the container is the user who started the
 * engine, and other ids are unknown on the host. No user is therefore set.
 */
function container(securityOptions: string): Container {
  const rootless = securityOptions.includes('rootless');
  const owned = !rootless && process.getuid && process.getgid;
  return { image: IMAGE, ...(owned && { user: `${process.getuid?.()}:${process.getgid?.()}` }) };
}
