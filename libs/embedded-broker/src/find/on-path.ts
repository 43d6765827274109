import { access, constants } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { type NatsServer, refuseTooOld, versionOf } from './nats-server.js';
import { type Search, StepFailedError } from './step.js';

/**
 * Returns the absolute path of the first executable with the given name on the `PATH`; undefined if no folder contains the
 * executable.
 */
export async function lookUp(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const candidate = resolve(folder, file);
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return candidate;
  }
  return undefined;
}

/** Runs the step "PATH", which looks for an installed nats-server. Refuses a server that is too old. */
export async function findOnPath({ env }: Search): Promise<NatsServer> {
  const command = await lookUp('nats-server', env);
  if (!command) throw new StepFailedError('no nats-server on the PATH', { expected: true });
  const version = await versionOf(command);
  refuseTooOld(version, command);
  return { from: 'PATH', version, command };
}
