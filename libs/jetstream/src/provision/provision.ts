import type { NatsConnection } from '@nats-io/transport-node';
import { ProvisionError } from '../errors.js';
import { mergedSubjects, type SettingDifference } from './provision-differences.js';
import {
  createOrFind,
  differenceError,
  differenceOf,
  targetsOf,
  update,
  type ProvisionDifference,
  type Target,
} from './provision-targets.js';
import type { ConsumerSettings, StreamDeclaration } from './stream-settings.js';

/** What an operator allows {@link provision} to do beyond what loses nothing. */
export interface ProvisionOptions {
  /** Also change what could delete or refuse events, or keep fewer copies of them. */
  lower?: boolean;
  /** Consumers that may be deleted and created anew, because their processor now reads another channel. */
  move?: readonly string[];
  /** Move also processors for which events wait on the former channel: they never get these. */
  dropWaiting?: boolean;
}

export interface Provisioned {
  /** What was created or changed, as it was before. */
  changed: ProvisionDifference[];
  /** What still differs, because the options do not allow the change. */
  left: ProvisionDifference[];
}

/**
 * Creates what is missing of the streams and consumers and changes what differs. Repeating it changes nothing.
 *
 * @throws ProvisionError if the server is too old, or refuses a change
 * @throws NoAnswerError if the broker is away
 */
export async function provision(
  connection: NatsConnection,
  streams: readonly StreamDeclaration[],
  consumers: readonly ConsumerSettings[],
  { lower = false, move = [] }: ProvisionOptions = {},
): Promise<Provisioned> {
  const provisioned: Provisioned = { changed: [], left: [] };
  for (const target of await targetsOf(connection, streams, consumers)) {
    const difference = differenceOf(target, await target.find());
    if (!difference) continue;
    if (difference.missing) {
      await createOrFind(target);
      provisioned.changed.push(difference);
      continue;
    }
    const mayMove = target.durable !== undefined && move.includes(target.durable);
    const isAllowed = ({ effect }: SettingDifference) =>
      effect === 'lowers' ? lower : effect === 'moves' ? mayMove : true;
    const { settings } = difference;
    const allowed = settings.filter(isAllowed);
    if (settings.some(({ effect }) => effect === 'moves') && mayMove) await createAnew(target);
    else await apply(target, difference, lower);
    if (allowed.length > 0) provisioned.changed.push({ ...difference, settings: allowed });
    const left = settings.filter((setting) => !isAllowed(setting));
    if (left.length > 0) provisioned.left.push({ ...difference, settings: left });
  }
  return provisioned;
}

/**
 * What {@link provision} would create or change. Changes nothing.
 *
 * @throws ProvisionError if the server is too old
 * @throws NoAnswerError if the broker is away
 */
export async function compareProvisioned(
  connection: NatsConnection,
  streams: readonly StreamDeclaration[],
  consumers: readonly ConsumerSettings[],
): Promise<ProvisionDifference[]> {
  const differing: ProvisionDifference[] = [];
  for (const target of await targetsOf(connection, streams, consumers)) {
    const difference = differenceOf(target, await target.find());
    if (difference) differing.push(difference);
  }
  return differing;
}

/** What a running service found and did. */
export interface Ensured {
  /** What was missing, such as `stream EVENTS`. */
  created: string[];
  /** What differs from the declaration and was left as it is. */
  differing: ProvisionDifference[];
  /** Consumers that read another channel than their processor declares: it must not pull from them. */
  conflicts: ProvisionDifference[];
  /** The settings on the server, by `what`. */
  found: Map<string, object>;
}

/**
 * What a running service may do: it creates what is missing and adds what is new. Limits, replicas and retention belong to the
 * operator, and in a rolling deployment two versions would change them back and forth.
 *
 * @throws ProvisionError if the server is too old, or a consumer cannot do what its processor needs
 * @throws NoAnswerError if the broker is away
 */
export async function ensureProvisioned(
  connection: NatsConnection,
  streams: readonly StreamDeclaration[],
  consumers: readonly ConsumerSettings[],
): Promise<Ensured> {
  const ensured: Ensured = { created: [], differing: [], conflicts: [], found: new Map() };
  for (const target of await targetsOf(connection, streams, consumers)) {
    const found = (await target.find()) ?? (await create(target, ensured));
    ensured.found.set(target.what, found);
    const difference = differenceOf(target, found);
    if (!difference) continue;
    assertUsable(difference);
    const effects = new Set(difference.settings.map(({ effect }) => effect));
    if (effects.has('moves')) ensured.conflicts.push(difference);
    else {
      const additions = additionsIn(difference.settings);
      if (Object.keys(additions).length > 0) await update(target, difference, additions);
      const left = difference.settings.filter(({ effect }) => effect !== 'adds');
      if (left.length > 0) ensured.differing.push({ ...difference, settings: left });
    }
  }
  return ensured;
}

async function create(target: Target, { created }: Ensured): Promise<object> {
  const { config, isNew } = await createOrFind(target);
  if (isNew) {
    created.push(target.what);
    // A server older than a feature drops its settings without a word.
    const dropped = differenceOf(target, config);
    if (dropped) throw differenceError(dropped);
  }
  return config;
}

/** Without acknowledgements every event counts as handled, and a broker that counts deliveries hides events. */
function assertUsable({ what, settings }: ProvisionDifference): void {
  const vital = settings.filter(({ name }) => ['ack_policy', 'max_deliver'].includes(name));
  if (vital.length === 0) return;
  const list = vital.map(
    ({ name, wanted, found }) => `${name} is ${String(found)} and must be ${String(wanted)}`,
  );
  throw new ProvisionError(
    `The ${what} cannot be used: ${list.join(', ')}. \`node cascade provision\` changes what can be changed; otherwise delete ` +
      'the consumer on the server, and the next start creates it.',
  );
}

async function apply(target: Target, difference: ProvisionDifference, lower: boolean): Promise<void> {
  const plain = difference.settings.filter(
    ({ effect }) => effect === 'adds' || effect === 'changes' || (lower && effect === 'lowers'),
  );
  const change = { ...additionsIn(difference.settings), ...asConfig(plain) };
  if (Object.keys(change).length > 0) await update(target, difference, change);
}

async function createAnew(target: Target): Promise<void> {
  await target.remove();
  await createOrFind(target);
}

/** The new subjects beside those on the server, also where the server has some that nothing declares. */
function additionsIn(settings: readonly SettingDifference[]): Record<string, unknown> {
  const added = settings.filter(({ effect, wanted }) => effect === 'adds' && !Array.isArray(wanted));
  const lists = settings.flatMap(({ name, wanted, found, effect }) => {
    if (!Array.isArray(wanted) || effect === 'moves') return [];
    const present = (found ?? []) as string[];
    const merged = mergedSubjects(wanted as string[], present);
    return merged.every((subject) => present.includes(subject)) ? [] : [[name, merged] as const];
  });
  return { ...asConfig(added), ...Object.fromEntries(lists) };
}

function asConfig(settings: readonly SettingDifference[]): Record<string, unknown> {
  return Object.fromEntries(settings.map(({ name, wanted }) => [name, wanted]));
}
