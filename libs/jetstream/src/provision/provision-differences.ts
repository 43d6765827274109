import { isDeepStrictEqual } from 'node:util';
import { isWithinSubject } from '../wire/names.js';

/**
 * Effect on events if a setting is changed to its declared value.
 *
 * - `adds`: adds something new, such as a subject. A running service makes this change itself.
 * - `changes`: loses no event. Only `node cascade provision` makes this change.
 * - `lowers`: could delete or refuse events, or keep fewer copies of events. Needs `--lower`.
 * - `moves`: makes the processor read another channel and lose the unread events of its present channel. Needs `--move`.
 */
export type Effect = 'adds' | 'changes' | 'lowers' | 'moves';

export interface SettingDifference {
  /** Name of the setting on the server. */
  name: string;
  wanted: unknown;
  found: unknown;
  effect: Effect;
}

type Config = Record<string, unknown>;

/** Settings that the server reads only when it creates a stream or a consumer. */
const READ_ONCE = new Set(['name', 'durable_name', 'deliver_policy', 'opt_start_seq']);
/** Settings for which a greater value loses no event. The server represents "unlimited" as 0 or a negative number. */
const LIMITS = new Set(['max_bytes', 'max_age', 'num_replicas', 'duplicate_window']);
const SUBJECTS = new Set(['subjects', 'filter_subjects']);

/** Returns the settings of a stream that differ from its declaration. */
export function streamDifferences(wanted: object, found: object): SettingDifference[] {
  return differences(wanted, found, (name, to, from) => {
    if (name === 'description') return 'changes';
    if (LIMITS.has(name)) return limitOf(to) >= limitOf(from) ? 'changes' : 'lowers';
    if (name === 'allow_msg_schedules') return 'adds';
    if (name === 'subjects')
      return uncovered(from as string[], to as string[]).length > 0 ? 'lowers' : 'adds';
    return 'lowers';
  });
}

/** Returns the settings of a processor's consumer that differ from its declaration. */
export function consumerDifferences(wanted: object, found: object): SettingDifference[] {
  const { filter_subject, ...config } = found as Config;
  const subjects = config['filter_subjects'] ?? (filter_subject ? [filter_subject] : []);
  return differences(wanted, { ...config, filter_subjects: subjects }, (name, to, from) => {
    if (name !== 'filter_subjects') return 'changes';
    const [declared, read] = [to as string[], from as string[]];
    if (!isDeepStrictEqual(channelsIn(declared), channelsIn(read))) return 'moves';
    return uncovered(declared, read).length > 0 ? 'adds' : 'changes';
  });
}

/** Returns the declared subjects, and the subjects on the server that no declared subject covers. */
export function mergedSubjects(declared: readonly string[], found: readonly string[]): string[] {
  return [...uncovered(found, declared), ...declared];
}

function differences(
  wanted: object,
  found: object,
  effectOf: (name: string, wanted: unknown, found: unknown) => Effect,
): SettingDifference[] {
  const current = found as Config;
  return Object.entries(wanted)
    .filter(([name]) => !READ_ONCE.has(name))
    .filter(([name, value]) => !isDeepStrictEqual(sorted(value), sorted(current[name])))
    .map(([name, value]: [string, unknown]) => ({
      name,
      wanted: value,
      found: current[name],
      effect: effectOf(name, value, current[name] ?? (SUBJECTS.has(name) ? [] : undefined)),
    }));
}

/** Sorts a list of subjects, because the order of subjects has no meaning. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as string[])].sort() : value;
}

function limitOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : Infinity;
}

/** Returns the channels among a consumer's subjects, without the subjects of retries and replays. */
export function channelsIn(subjects: readonly string[]): string[] {
  return subjects.filter((subject) => /^(events|failed)\./.test(subject)).sort();
}

function uncovered(subjects: readonly string[], by: readonly string[]): string[] {
  return subjects.filter((subject) => !by.some((wider) => isWithinSubject(subject, wider)));
}

const BYTES = { TiB: 1024 ** 4, GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, bytes: 1 };
/** Units of time, in nanoseconds. */
const TIMES = { days: 86_400e9, h: 3_600e9, min: 60e9, s: 1e9, ms: 1e6 };
const UNITS: Record<string, Record<string, number>> = {
  max_bytes: BYTES,
  max_age: TIMES,
  duplicate_window: TIMES,
  ack_wait: TIMES,
};

/**
 * Returns a setting of a stream or consumer in readable units, such as `5 GiB` or `7 days`. A setting without a unit is returned
 * as JSON.
 */
export function shownSetting(name: string, value: unknown): string {
  const units = Object.entries(UNITS[name] ?? {});
  if (units.length === 0 || typeof value !== 'number') return JSON.stringify(value) ?? 'not set';
  if (value <= 0) return 'unlimited';
  const [unit, size] = units.find(([, one]) => value % one === 0) ?? units.at(-1)!;
  return `${value / size} ${unit}`;
}
