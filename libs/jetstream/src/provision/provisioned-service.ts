import type { Logger } from '@nestjs/common';
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCausedBy } from '../client/is-caused-by.js';
import { NoAnswerError, ProvisionError } from '../errors.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { channelsIn, shownSetting } from './provision-differences.js';
import { targetName, type ProvisionDifference } from './provision-targets.js';
import { ensureProvisioned, type Ensured } from './provision.js';
import {
  assetsOf,
  consumerConfigs,
  keptFor,
  MILLISECOND,
  type JetStreamSettings,
} from './stream-settings.js';

/** Delay before a request that got no answer is retried, in milliseconds. */
const RETRY_DELAY = 250;
/** Interval between two warnings that the broker does not answer, in milliseconds. */
const REMIND_AFTER = 30_000;
/** Time that stands for "unlimited", in milliseconds (a hundred years). */
const FOR_EVER = 100 * 365 * 24 * 60 * 60 * 1_000;

export interface ProvisionedServiceOptions {
  /** Declared sizes of the system's streams. */
  settings: JetStreamSettings;
  /** False if another identity provisions streams and consumers. */
  provision: boolean;
  logger: Logger;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
}

/**
 * Manages the streams and consumers of a running service. The class creates missing streams and consumers, adds new settings, and
 * remembers the settings on the server. Other changes belong to the operator, so each remaining difference is only logged once as
 * a warning.
 */
export class ProvisionedService {
  /** Names of streams and consumers that existed at an earlier check. */
  private readonly known = new Set<string>();
  private readonly warned = new Set<string>();
  private found: ReadonlyMap<string, object> = new Map();

  constructor(private readonly options: ProvisionedServiceOptions) {}

  /**
   * Creates missing streams and consumers, and adds new settings. Waits until the broker answers. Does nothing if another
   * identity provisions streams and consumers.
   *
   * @returns the errors of the processors that must not pull, by processor; undefined if this service does not look at consumers
   * @throws ProvisionError if the server is too old or refuses a change
   * @throws NoAnswerError if the service stops before the broker answers
   */
  async ensure(
    connection: NatsConnection,
    declarations: readonly ProcessorDeclaration[],
  ): Promise<Map<string, ProvisionError> | undefined> {
    if (!this.options.provision) return undefined;
    const ensured = await this.untilAnswered(() =>
      ensureProvisioned(connection, assetsOf(this.options.settings, declarations)),
    );
    if (!ensured) return undefined;
    this.found = ensured.found;
    this.report(ensured);
    return new Map(ensured.conflicts.map((conflict) => [conflict.durable!, conflictError(conflict)]));
  }

  /**
   * Returns the time for which a stream keeps an event, in milliseconds. The longer of the declared time and the server's time
   * counts.
   */
  keptFor(stream: string): number {
    const { max_age: found } = (this.found.get(targetName(stream)) ?? {}) as Partial<StreamConfig>;
    const declared = keptFor(stream, this.options.settings);
    if (found === undefined) return declared;
    return Math.max(declared, found === 0 ? FOR_EVER : found / MILLISECOND);
  }

  /**
   * Returns the time after which the broker redelivers an unsettled event, in milliseconds. The shorter of the declared time and
   * the server's time counts.
   */
  ackWaitOf(declaration: ProcessorDeclaration): number {
    const waits = consumerConfigs(declaration).flatMap(({ stream, config }) => {
      const found: Partial<ConsumerConfig> = this.found.get(targetName(stream, config.durable_name)) ?? {};
      return found.ack_wait ? [found.ack_wait / MILLISECOND] : [];
    });
    return Math.min(declaration.ackWait, ...waits);
  }

  private async untilAnswered(ensure: () => Promise<Ensured>): Promise<Ensured | undefined> {
    const { logger, stopping } = this.options;
    for (let remindedAt = -Infinity; ;) {
      try {
        return await ensure();
      } catch (error) {
        if (isCausedBy(error, errors.PermissionViolationError)) {
          logger.log('has no right to create streams and consumers; using the existing ones');
          return undefined;
        }
        if (!(error instanceof NoAnswerError) || stopping.aborted) throw error;
        if (performance.now() - remindedAt > REMIND_AFTER) {
          logger.warn(`${error.message} Retrying until the broker answers.`);
          remindedAt = performance.now();
        }
        await sleep(RETRY_DELAY, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  }

  private report({ created, differing, found }: Ensured): void {
    const { logger } = this.options;
    const lost = created.filter((what) => this.known.has(what));
    const first = created.filter((what) => !this.known.has(what));
    if (first.length > 0) logger.log(`created ${first.join(', ')}`);
    for (const what of lost) logger.warn(lostText(what));
    for (const what of found.keys()) this.known.add(what);
    for (const text of differing.map(differenceText)) {
      if (!this.warned.has(text)) logger.warn(text);
      this.warned.add(text);
    }
  }
}

function lostText(what: string): string {
  return what.startsWith('stream')
    ? `${what} was missing and has been created again, empty: its former content is no longer on this broker`
    : `${what} was missing and has been created again: it reads the stream from the first event`;
}

function differenceText({ what, settings }: ProvisionDifference): string {
  const list = settings.map(
    ({ name, wanted, found }) =>
      `${name} is ${shownSetting(name, found)}, declared ${shownSetting(name, wanted)}`,
  );
  return `${what} differs from its declaration and is left unchanged: ${list.join('; ')}. \`node cascade provision\` changes it.`;
}

function conflictError({ stream, durable, settings }: ProvisionDifference): ProvisionError {
  const { wanted, found } = settings.find(({ effect }) => effect === 'moves')!;
  return otherChannelError(durable!, stream, wanted as string[], found as string[]);
}

/**
 * Returns the error for a processor whose consumer reads another channel than declared.
 *
 * @param read subjects of the processor's consumer, or of an event that the consumer delivered
 */
export function otherChannelError(
  processor: string,
  stream: string,
  declared: readonly string[],
  read: readonly string[],
): ProvisionError {
  return new ProvisionError(
    `Processor '${processor}' now consumes another channel: it declares ${channels(declared)}, but the consumer ${processor} on ` +
      `stream ${stream} reads ${channels(read)}. Changing the consumer would lose its unread events, and replicas of the other ` +
      'version would get events that they do not know. Give the processor of the new channel a new name; or stop the other version ' +
      `and run \`node cascade provision --move ${processor}\`.`,
  );
}

function channels(subjects: readonly string[]): string {
  return channelsIn(subjects).join(', ') || 'no channel';
}
