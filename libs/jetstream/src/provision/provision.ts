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
import type { JetStreamAssets } from './stream-settings.js';

/** Changes that an operator allows {@link provision} to make, in addition to changes that lose nothing. */
export interface ProvisionOptions {
  /** Allows changes that could delete or refuse events, or keep fewer copies of events. */
  lower?: boolean;
  /** Consumers that may be deleted and created again, because their processor now reads another channel. */
  move?: readonly string[];
  /** Allows moves of processors for which events or retries of the former channel wait. The processors never get these events. */
  dropWaiting?: boolean;
}

export interface Provisioned {
  /** Differences that were removed. */
  changed: ProvisionDifference[];
  /** Differences that remain, because the options do not allow the change. */
  left: ProvisionDifference[];
}

/**
 * Creates missing streams and consumers, and changes differing settings as far as the options allow. A second call changes
 * nothing.
 *
 * @throws ProvisionError if the server is too old, or refuses a change
 * @throws NoAnswerError if the broker is unreachable
 */
export async function provision(
  connection: NatsConnection,
  assets: JetStreamAssets,
  { lower = false, move = [] }: ProvisionOptions = {},
): Promise<Provisioned> {
  const provisioned: Provisioned = { changed: [], left: [] };
  for (const target of await targetsOf(connection, assets)) {
    const difference = differenceOf(target, await target.find());
    if (!difference) continue;
    const { missing, settings } = difference;
    const mayMove = target.durable !== undefined && move.includes(target.durable);
    const isAllowed = ({ effect }: SettingDifference) =>
      effect === 'lowers' ? lower : effect === 'moves' ? mayMove : true;
    const allowed = settings.filter(isAllowed);
    const isMoved = allowed.some(({ effect }) => effect === 'moves');
    if (isMoved) await target.remove?.();
    if (missing || isMoved) await createOrFind(target);
    else await update(target, difference, { ...additionsIn(settings), ...asConfig(allowed) });
    if (missing || allowed.length > 0) provisioned.changed.push({ ...difference, settings: allowed });
    const left = settings.filter((setting) => !isAllowed(setting));
    if (left.length > 0) provisioned.left.push({ ...difference, settings: left });
  }
  return provisioned;
}

/**
 * Returns the differences between the declarations and the server, including missing streams and consumers. Changes nothing.
 *
 * @throws ProvisionError if the server is too old
 * @throws NoAnswerError if the broker is unreachable
 */
export async function compareProvisioned(
  connection: NatsConnection,
  assets: JetStreamAssets,
): Promise<ProvisionDifference[]> {
  const differing: ProvisionDifference[] = [];
  for (const target of await targetsOf(connection, assets)) {
    const difference = differenceOf(target, await target.find());
    if (difference) differing.push(difference);
  }
  return differing;
}

/** Streams and consumers that a running service has found, and the changes that the service has made. */
export interface Ensured {
  /** Names of the streams and consumers that were missing, such as `stream EVENTS`. */
  created: string[];
  /** Differences from the declaration that were left unchanged. */
  differing: ProvisionDifference[];
  /** Consumers that read another channel than their processor declares. The processor must not pull from such a consumer. */
  conflicts: ProvisionDifference[];
  /** Settings on the server, by the name of the stream or consumer. */
  found: Map<string, object>;
}

/**
 * Creates missing streams and consumers, and adds new settings. A running service may make no other changes. Limits, replicas and
 * retention belong to the operator. Otherwise, two versions of a service would change these settings back and forth in a rolling
 * deployment.
 *
 * @throws ProvisionError if the server is too old, or if a consumer cannot do what its processor needs
 * @throws NoAnswerError if the broker is unreachable
 */
export async function ensureProvisioned(
  connection: NatsConnection,
  assets: JetStreamAssets,
): Promise<Ensured> {
  const ensured: Ensured = { created: [], differing: [], conflicts: [], found: new Map() };
  for (const target of await targetsOf(connection, assets)) {
    const found = (await target.find()) ?? (await create(target, ensured));
    ensured.found.set(target.what, found);
    const difference = differenceOf(target, found);
    if (!difference) continue;
    const { settings } = difference;
    assertUsable(difference);
    if (settings.some(({ effect }) => effect === 'moves')) {
      ensured.conflicts.push(difference);
      continue;
    }
    await update(target, difference, additionsIn(settings));
    const left = settings.filter(({ effect }) => effect !== 'adds');
    if (left.length > 0) ensured.differing.push({ ...difference, settings: left });
  }
  return ensured;
}

async function create(target: Target, { created }: Ensured): Promise<object> {
  const { config, isNew } = await createOrFind(target);
  if (isNew) {
    created.push(target.what);
    // A server that is older than a feature drops the settings of the feature without an error.
    const dropped = differenceOf(target, config);
    if (dropped) throw differenceError(dropped);
  }
  return config;
}

/**
 * Checks the settings without which a consumer cannot be used. Without acknowledgements, every event would count as handled. With
 * a limit on deliveries, the broker would stop delivering some events without reporting them.
 */
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

/** Returns the settings to add. A list of subjects contains the new subjects and the subjects on the server. */
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
