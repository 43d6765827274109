import { DUPLICATE_WINDOW, type JetStreamSettings } from '@cascade/jetstream';
import { IsIn, IsInt, IsOptional, ValidateBy } from 'class-validator';
import 'reflect-metadata';

const SIZES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const TIMES = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)?$/;
const TIME = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

function IsSize(): PropertyDecorator {
  return isAtLeast(
    1,
    (text) => read(SIZE, SIZES, text),
    // The server interprets 0 as "without limit".
    'a size above 0 such as 512MiB, 20GiB or a number of bytes',
  );
}

function IsTime(): PropertyDecorator {
  return isAtLeast(
    DUPLICATE_WINDOW,
    (text) => read(TIME, TIMES, text),
    'a time of at least 10m, for which the broker drops duplicates, such as 90m, 36h or 14d',
  );
}

function isAtLeast(
  least: number,
  valueOf: (text: string) => number | undefined,
  wanted: string,
): PropertyDecorator {
  return ValidateBy({
    name: 'isAtLeast',
    validator: {
      validate: (text: string) => (valueOf(text) ?? 0) >= least,
      defaultMessage: () => `$property must be ${wanted}`,
    },
  });
}

/** Limits of the system's streams. Services and `node cascade provision` read these limits from the same variables. */
export class StreamConfig {
  /** Number of copies of every stream in a cluster. */
  @IsOptional()
  @IsInt()
  @IsIn([1, 3, 5])
  streamReplicas?: number;

  @IsOptional()
  @IsSize()
  eventsMaxBytes?: string;

  @IsOptional()
  @IsTime()
  eventsMaxAge?: string;

  @IsOptional()
  @IsSize()
  failuresMaxBytes?: string;

  @IsOptional()
  @IsTime()
  failuresMaxAge?: string;

  /** Returns the declared settings of the streams. Values from the environment replace the declared values. */
  streamsOf({ replicas, events, failures }: JetStreamSettings): JetStreamSettings {
    return {
      ...given({ replicas: this.streamReplicas ?? replicas }),
      events: { ...events, ...sizeOf(this.eventsMaxBytes, this.eventsMaxAge) },
      failures: { ...failures, ...sizeOf(this.failuresMaxBytes, this.failuresMaxAge) },
    };
  }
}

function sizeOf(maxBytes: string | undefined, maxAge: string | undefined) {
  return given({ maxBytes: read(SIZE, SIZES, maxBytes), maxAge: read(TIME, TIMES, maxAge) });
}

function read(pattern: RegExp, units: Record<string, number>, text = ''): number | undefined {
  const match = pattern.exec(text);
  return match ? Math.round(Number(match[1]) * units[match[2] ?? 'B']!) : undefined;
}

function given<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>;
}
