import { distance } from 'fastest-levenshtein';

/** Minimum length of a name to compare for typos. Shorter names are too similar to many other words. */
const SHORTEST_TYPO_TARGET = 6;
const TYPO_DISTANCE = 2;

/** Variables that Kubernetes and Docker set for every service, such as `NATS_SERVICE_HOST` or `NATS_PORT=tcp://10.0.0.7:4222`. */
const INJECTED = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const INJECTED_PORT = { name: /_PORT$/, value: /^(tcp|udp|sctp):\/\// };

/** Prefixes of foreign variables. For example, Node and its images set `NODE_OPTIONS`, `NODE_PATH` and `NODE_VERSION`. */
const FOREIGN_PREFIXES = new Set(['NODE']);

/**
 * Returns faults for variables that look like variables of this service but are unknown to it. The name of such a variable has
 * the same prefix (up to the first `_`) as a declared name. Alternatively, the name differs from a declared name by at most two
 * letters.
 *
 * @param declared Names of the service's variables.
 */
export function unknownVariables(env: NodeJS.ProcessEnv, declared: readonly string[]): string[] {
  return Object.entries(env)
    .filter(([name, value]) => !declared.includes(name) && !isInjected(name, value ?? ''))
    .flatMap(([name]) => faultOf(name, declared) ?? []);
}

function faultOf(name: string, declared: readonly string[]): string | undefined {
  const meant = declared.find((candidate) => isTypoOf(name, candidate));
  if (meant) return `${name} is not known; did you mean ${meant}?`;
  const prefix = prefixOf(name);
  if (!prefix || FOREIGN_PREFIXES.has(prefix)) return undefined;
  const siblings = declared.filter((candidate) => prefixOf(candidate) === prefix);
  return siblings.length > 0 ? `${name} is not known; ${prefix}_… can be ${siblings.join(', ')}` : undefined;
}

function isTypoOf(name: string, candidate: string): boolean {
  return candidate.length >= SHORTEST_TYPO_TARGET && distance(name.toUpperCase(), candidate) <= TYPO_DISTANCE;
}

/**
 * Returns the prefix of a name, such as `NATS` for `NATS_URL`. A name without `_` has no prefix. A service that declares `HOST`
 * therefore accepts the foreign variable `HOST_IP`.
 */
function prefixOf(name: string): string | undefined {
  const end = name.indexOf('_');
  return end > 0 ? name.slice(0, end) : undefined;
}

function isInjected(name: string, value: string): boolean {
  return INJECTED.test(name) || (INJECTED_PORT.name.test(name) && INJECTED_PORT.value.test(value));
}
