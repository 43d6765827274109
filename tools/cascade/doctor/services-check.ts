import { reasonOf } from '../../reason-of.js';
import type { RunningSystem } from '../../supervisor/data-folder.js';
import { printable } from '../text/printable.js';
import { fault, ok, type Finding } from './finding.js';

/** Timeout of a request to `/health/ready`, in milliseconds. The endpoint itself has a timeout of a second for each part. */
const TIMEOUT_MS = 3_000;

/** Response of `/health/ready`. The endpoint is public, so the response contains only states. The service logs the reasons. */
interface Health {
  checks: Record<string, { state: 'up' | 'down' }>;
}

/** Remedies for a part that is down, by the name of the part. */
const REMEDIES: Record<string, string> = {
  publishes: 'its log says why; `node cascade lag` shows how full the streams are',
  outbox: '`node cascade outbox` shows which events wait, and why',
  unread: '`node cascade lag` shows which events the broker deletes soon',
  pauses: '`node cascade lag` shows how many events wait; the log of the service says why it fails',
};
const LOG = 'its log says why';

/**
 * Checks the health of the services that run here. Reports each part of a service that is down.
 *
 * @param names names of the services to check
 */
export async function checkServices(
  { parts }: Pick<RunningSystem, 'parts'>,
  names: readonly string[],
): Promise<Finding[]> {
  const services = names.flatMap((name) => (parts[name] ? [{ name, url: parts[name].url }] : []));
  const findings = (await Promise.all(services.map(({ name, url }) => check(name, url)))).flat();
  if (findings.length > 0 || services.length === 0) return findings;
  return [ok('services', `${services.map(({ name }) => name).join(', ')}: all parts are up`)];
}

async function check(name: string, url: string): Promise<Finding[]> {
  let health: Health;
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    health = (await answer.json()) as Health;
  } catch (error) {
    return [fault('services', `${name} does not answer at ${url}: ${reasonOf(error)}`, LOG)];
  }
  // Another program may have taken the port.
  if (typeof health?.checks !== 'object')
    return [fault('services', `another program answers at ${url}, not ${name}`, LOG)];
  return Object.entries(health.checks).flatMap(([part, check]) =>
    check.state === 'up'
      ? []
      : [fault('services', `${name}: ${printable(part)} is down`, REMEDIES[part] ?? LOG)],
  );
}
