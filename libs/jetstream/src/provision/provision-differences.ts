import { isDeepStrictEqual } from 'node:util';
import { isWithinSubject } from '../wire/names.js';

/**
 * The effect on events of changing a setting to its declared value.
 *
 * - `adds`: something new, such as one more subject. A running service makes this change itself.
 * - `changes`: no event is lost. Only `node cascade provision` makes this change.
 * - `lowers`: could delete events, refuse them, or keep fewer copies. Needs `--lower`.
 * - `moves`: the processor would read another channel, and lose unread events of the present one. Needs `--move`.
 */
export type Effect = 'adds' | 'changes' | 'lowers' | 'moves';

export interface SettingDifference {
  /** The server's name of the setting. */
  name: string;
  wanted: unknown;
  found: unknown;
  effect: Effect;
}

type Config = Record<string, unknown>;

/** Settings that the server reads only when it creates a consumer. */
const READ_ONCE = new Set(['name', 'durable_name', 'deliver_policy', 'opt_start_seq']);
/** Settings of which a greater number holds more. The server writes "without limit" as 0 or a negative number. */
const LIMITS = new Set(['max_bytes', 'max_age', 'num_replicas', 'duplicate_window']);
const SUBJECTS = new Set(['subjects', 'filter_subjects']);

/** The settings of a stream that differ from the declared ones. */
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

/** The settings of a processor's consumer that differ from the declared ones. */
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

/** The declared subjects, and those on the server that no declared subject covers. */
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

/** The order of a list of subjects has no meaning. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as string[])].sort() : value;
}

function limitOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : Infinity;
}

/** The channels among a consumer's subjects, without the subjects of retries and replays. */
export function channelsIn(subjects: readonly string[]): string[] {
  return subjects.filter((subject) => /^(events|failed)\./.test(subject)).sort();
}

function uncovered(subjects: readonly string[], by: readonly string[]): string[] {
  return subjects.filter((subject) => !by.some((wider) => isWithinSubject(subject, wider)));
}

const BYTES = { TiB: 1024 ** 4, GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, bytes: 1 };
/** In nanoseconds. */
const TIMES = { days: 86_400e9, h: 3_600e9, min: 60e9, s: 1e9, ms: 1e6 };
const UNITS: Record<string, Record<string, number>> = {
  max_bytes: BYTES,
  max_age: TIMES,
  duplicate_window: TIMES,
  ack_wait: TIMES,
};

/** A setting of a stream or consumer in readable units: `5 GiB`, `7 days`. */
export function shownSetting(name: string, value: unknown): string {
  const units = Object.entries(UNITS[name] ?? {});
  if (units.length === 0 || typeof value !== 'number') return JSON.stringify(value) ?? 'not set';
  if (value <= 0) return 'unlimited';
  const [unit, size] = units.find(([, one]) => value % one === 0) ?? units.at(-1)!;
  return `${value / size} ${unit}`;
}
