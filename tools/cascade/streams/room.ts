import { EVENTS_STREAM, FAILURES_STREAM, RETRIES_STREAM } from '@cascade/jetstream';
import { JetStreamApiCodes, JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.js';
import { formatBytes } from '../text/bytes.js';

/** Percentage of a limit at which warnings begin. */
const NEARLY_FULL = 80;

/** Assumed size of an event with its headers, in bytes. */
const USUAL_EVENT = 1_024;

export interface Room {
  /**
   * Name of the stream, or `account` for all streams of the broker's account. If the account has tiers, the name includes the
   * tier.
   */
  readonly of: string;
  readonly bytes: number;
  /** Limit in bytes; undefined for no limit. */
  readonly limit: number | undefined;
  /**
   * Used percentage of the limit, rounded down; undefined for no limit. The value is 100 if another event of the expected size
   * does not fit. The value is also 100 if the stream has reached its maximum number of messages.
   */
  readonly percent: number | undefined;
}

export interface StreamRoom extends Room {
  readonly messages: number;
  /** False if the stream has lost its quorum. The stream then neither stores nor delivers messages. */
  readonly hasLeader: boolean;
}

export interface BrokerRoom {
  readonly streams: readonly StreamRoom[];
  /** Usage of the account's limits; empty if the account has no limits, or if a stream has no leader. */
  readonly account: readonly Room[];
}

export async function readRoom(broker: Broker): Promise<BrokerRoom> {
  const names = [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM];
  const infos = await Promise.all(names.map((name) => infoUnlessMissing(broker, name)));
  const streams = infos.flatMap((info) => (info ? [roomOf(info)] : []));
  // The broker does not answer the request for the account while a stream has no leader.
  const account = streams.every(({ hasLeader }) => hasLeader) ? await accountRoom(broker) : [];
  return { streams, account };
}

export function isNearlyFull({ percent = 0 }: Room): boolean {
  return percent >= NEARLY_FULL;
}

export function isFull({ percent }: Room): boolean {
  return percent === 100;
}

/** Describes the usage, such as `EVENTS has 900 MiB of 1 GiB`. */
export function roomText({ of, bytes, limit }: Room): string {
  return `${of} has ${formatBytes(bytes)}${limit === undefined ? '' : ` of ${formatBytes(limit)}`}`;
}

export function roomRemedy({ of }: Room): string {
  if (of === EVENTS_STREAM || of === FAILURES_STREAM) {
    const prefix = of === EVENTS_STREAM ? 'EVENTS' : 'FAILURES';
    return `raise ${prefix}_MAX_BYTES and call \`node cascade provision\`, or shorten ${prefix}_MAX_AGE and call it with --lower`;
  }
  return 'raise the limit of the account at the broker, or remove other data from its streams';
}

function roomOf({ config, state, cluster }: StreamInfo): StreamRoom {
  const { messages, bytes } = state;
  const limit = limitOf(config.max_bytes);
  const average = messages > 0 ? bytes / messages : 0;
  const isAtCount = limitOf(config.max_msgs) === messages;
  const percent = isAtCount ? 100 : percentOf(bytes, limit, average);
  // Only a stream of a cluster can lose its leader.
  const hasLeader = cluster === undefined || cluster.leader !== undefined;
  return { of: config.name, messages, bytes, limit, percent, hasLeader };
}

/** @param next estimated size of the next event, in bytes */
function percentOf(bytes: number, limit: number | undefined, next: number): number | undefined {
  if (limit === undefined) return undefined;
  return bytes + next > limit ? 100 : Math.min(99, Math.floor((bytes / limit) * 100));
}

/** Returns undefined for no limit, which the server reports as -1 or 0. */
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
    return limit === undefined ? [] : [{ of, bytes, limit, percent: percentOf(bytes, limit, USUAL_EVENT) }];
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
