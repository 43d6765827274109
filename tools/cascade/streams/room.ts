import { EVENTS_STREAM, FAILURES_STREAM, RETRIES_STREAM } from '@cascade/jetstream';
import { JetStreamApiCodes, JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.js';
import { formatBytes } from '../text/bytes.js';

/** Percent of a limit from which it is worth knowing. */
const NEARLY_FULL = 80;

/** Bytes of an event with its headers, where nothing better is known. */
const SOME_EVENT = 1_024;

/** What is kept, and how much may be. */
export interface Room {
  /** The stream, or `account` for all streams of the broker's account, with its tier where it has several. */
  readonly of: string;
  readonly bytes: number;
  /** Undefined where there is none. */
  readonly limit: number | undefined;
  /** Of the limit, rounded down; 100 where no further event of the usual size fits. */
  readonly percent: number | undefined;
}

export interface StreamRoom extends Room {
  readonly messages: number;
  /** False where the stream has lost its quorum: it takes nothing, and hands out nothing. */
  readonly hasLeader: boolean;
}

/** The room that is left at the broker. */
export interface BrokerRoom {
  /** The streams that are there. */
  readonly streams: readonly StreamRoom[];
  /** Where the broker's account has limits. */
  readonly account: readonly Room[];
}

export async function readRoom(broker: Broker): Promise<BrokerRoom> {
  const names = [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM];
  const infos = await Promise.all(names.map((name) => infoUnlessMissing(broker, name)));
  const streams = infos.flatMap((info) => (info ? [roomOf(info)] : []));
  // Without a leader nobody answers for the account either.
  const account = streams.every(({ hasLeader }) => hasLeader) ? await accountRoom(broker) : [];
  return { streams, account };
}

export function isNearlyFull({ percent = 0 }: Room): boolean {
  return percent >= NEARLY_FULL;
}

export function isFull({ percent }: Room): boolean {
  return percent === 100;
}

/** `EVENTS has 900 MiB of 1 GiB`. */
export function roomText({ of, bytes, limit }: Room): string {
  return `${of} has ${formatBytes(bytes)}${limit === undefined ? '' : ` of ${formatBytes(limit)}`}`;
}

/** What makes room, or more of it. */
export function roomRemedy({ of }: Room): string {
  if (of === EVENTS_STREAM || of === FAILURES_STREAM) {
    const prefix = of === EVENTS_STREAM ? 'EVENTS' : 'FAILURES';
    return `raise ${prefix}_MAX_BYTES and call \`node cascade provision\`, or shorten ${prefix}_MAX_AGE and call it with --lower`;
  }
  return 'raise the limit of the account at the broker, or remove what else its streams hold';
}

function roomOf({ config, state, cluster }: StreamInfo): StreamRoom {
  const { messages, bytes } = state;
  const limit = limitOf(config.max_bytes);
  const average = messages > 0 ? bytes / messages : 0;
  const isAtCount = limitOf(config.max_msgs) === messages;
  const percent = isAtCount ? 100 : percentOf(bytes, limit, average);
  // Only a stream of a cluster has one to lose.
  const hasLeader = cluster === undefined || cluster.leader !== undefined;
  return { of: config.name, messages, bytes, limit, percent, hasLeader };
}

/** @param next bytes of what comes next, as far as that is known */
function percentOf(bytes: number, limit: number | undefined, next: number): number | undefined {
  if (limit === undefined) return undefined;
  return bytes + next > limit ? 100 : Math.min(99, Math.floor((bytes / limit) * 100));
}

/** The server says -1, or 0, for none. */
function limitOf(limit = 0): number | undefined {
  return limit > 0 ? limit : undefined;
}

async function accountRoom({ manager }: Broker): Promise<Room[]> {
  const { tiers, ...whole } = await manager.getAccountInfo();
  const usages = tiers
    ? Object.entries(tiers).map(([tier, usage]) => ({ of: `account ${tier}`, ...usage }))
    : [{ of: 'account', ...whole }];
  return usages.flatMap(({ of, storage: bytes = 0, limits }) => {
    const limit = limitOf(limits?.max_storage);
    return limit === undefined ? [] : [{ of, bytes, limit, percent: percentOf(bytes, limit, SOME_EVENT) }];
  });
}

async function infoUnlessMissing({ manager }: Broker, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(stream);
  } catch (error) {
    const isMissing =
      error instanceof JetStreamApiError && error.code === (JetStreamApiCodes.StreamNotFound as number);
    if (isMissing) return undefined;
    throw error;
  }
}
