import type { Logger } from '@nestjs/common';
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoAnswerError, ProvisionError } from '../errors.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { shownSetting } from './provision-differences.js';
import type { ProvisionDifference } from './provision-targets.js';
import { ensureProvisioned, type Ensured } from './provision.js';
import { consumerConfigs, keptFor, streamConfigs, type JetStreamSettings } from './stream-settings.js';

const MILLISECOND = 1_000_000;
/** Milliseconds before the broker is asked again that gave no answer. */
const RETRY_DELAY = 250;
/** Milliseconds between two lines of the log that say so. */
const REMIND_AFTER = 30_000;
/** Milliseconds that stand for "for ever": a hundred years. */
const FOR_EVER = 100 * 365 * 24 * 60 * 60 * 1_000;

export interface ProvisionedServiceOptions {
  /** What the system declares. */
  settings: JetStreamSettings;
  /** False if another identity provisions streams and consumers. */
  provision: boolean;
  logger: Logger;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
}

/**
 * The streams and consumers of a running service: creates what is missing, adds what is new, and remembers what it found. All
 * else belongs to the operator, who is told once of each difference.
 */
export class ProvisionedService {
  private readonly known = new Set<string>();
  private readonly told = new Set<string>();
  private found: ReadonlyMap<string, object> = new Map();

  constructor(private readonly options: ProvisionedServiceOptions) {}

  /**
   * Waits for as long as the broker gives no answer.
   *
   * @returns the processors that must not pull, each with the reason; undefined if this service does not look
   * @throws ProvisionError if the server is too old or refuses, NoAnswerError if the service stops before the broker answers
   */
  async ensure(
    connection: NatsConnection,
    declarations: readonly ProcessorDeclaration[],
  ): Promise<Map<string, ProvisionError> | undefined> {
    if (!this.options.provision) return undefined;
    const ensured = await this.untilAnswered(() =>
      ensureProvisioned(
        connection,
        streamConfigs(this.options.settings),
        declarations.flatMap(consumerConfigs),
      ),
    );
    if (!ensured) return undefined;
    this.found = ensured.found;
    this.report(ensured);
    return new Map(ensured.conflicts.map((conflict) => [conflict.durable!, conflictError(conflict)]));
  }

  /** Milliseconds for which a stream keeps an event: as declared, or longer if an operator has raised it. */
  keptFor(stream: string): number {
    const { max_age: found } = (this.found.get(`stream ${stream}`) ?? {}) as Partial<StreamConfig>;
    const declared = keptFor(stream, this.options.settings);
    if (found === undefined) return declared;
    return Math.max(declared, found === 0 ? FOR_EVER : found / MILLISECOND);
  }

  /** Milliseconds after which the broker delivers an unanswered event again: the declared time, or less if the server's is less. */
  ackWaitOf(declaration: ProcessorDeclaration): number {
    const waits = consumerConfigs(declaration).flatMap(({ stream, config }) => {
      const found = this.found.get(
        `consumer ${config.durable_name} on stream ${stream}`,
      ) as Partial<ConsumerConfig>;
      return found?.ack_wait ? [found.ack_wait / MILLISECOND] : [];
    });
    return Math.min(declaration.ackWait, ...waits);
  }

  private async untilAnswered(ensure: () => Promise<Ensured>): Promise<Ensured | undefined> {
    const { logger, stopping } = this.options;
    for (let remindedAt = -Infinity; ;) {
      try {
        return await ensure();
      } catch (error) {
        if (isNotPermitted(error)) {
          logger.log('may not create streams and consumers; using those that are there');
          return undefined;
        }
        if (!(error instanceof NoAnswerError) || stopping.aborted) throw error;
        if (performance.now() - remindedAt > REMIND_AFTER) {
          logger.warn(`${error.message} Asking again until it answers.`);
          remindedAt = performance.now();
        }
        await sleep(RETRY_DELAY, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  }

  private report({ created, differing, found }: Ensured): void {
    const { logger } = this.options;
    const gone = created.filter((what) => this.known.has(what));
    const fresh = created.filter((what) => !this.known.has(what));
    if (fresh.length > 0) logger.log(`created ${fresh.join(', ')}`);
    for (const what of gone) logger.warn(goneText(what));
    for (const what of found.keys()) this.known.add(what);
    for (const difference of differing) this.tellOnce(differenceText(difference));
  }

  private tellOnce(text: string): void {
    if (!this.told.has(text)) this.options.logger.warn(text);
    this.told.add(text);
  }
}

function goneText(what: string): string {
  return what.startsWith('stream')
    ? `${what} was gone and has been created again, empty: what it held is no longer on this broker`
    : `${what} was gone and has been created again: it reads the stream from its first event on`;
}

function differenceText({ what, settings }: ProvisionDifference): string {
  const list = settings.map(
    ({ name, wanted, found }) =>
      `${name} is ${shownSetting(name, found)}, declared ${shownSetting(name, wanted)}`,
  );
  return `${what} differs from its declaration and stays as it is: ${list.join('; ')}. \`node cascade provision\` changes it.`;
}

function conflictError({ stream, durable, settings }: ProvisionDifference): ProvisionError {
  const { wanted, found } = settings.find(({ effect }) => effect === 'moves')!;
  return otherChannelError(durable!, stream, wanted as string[], found as string[]);
}

/** @param read subjects that the processor's consumer has, or sent an event of */
export function otherChannelError(
  processor: string,
  stream: string,
  declared: readonly string[],
  read: readonly string[],
): ProvisionError {
  return new ProvisionError(
    `Processor '${processor}' now consumes another channel: it declares ${channels(declared)}, but the consumer ${processor} on ` +
      `stream ${stream} reads ${channels(read)}. Changing that would lose what it has not read yet, and replicas of the other ` +
      'version would get events that they do not know. Give the processor of the new channel a new name; or stop the other version ' +
      `and run \`node cascade provision --move ${processor}\`.`,
  );
}

function channels(subjects: readonly string[]): string {
  return subjects.filter((subject) => /^(events|failed)\./.test(subject)).join(', ') || 'no channel';
}

function isNotPermitted(error: unknown): boolean {
  return [error, (error as Error).cause].some(
    (candidate) => candidate instanceof errors.PermissionViolationError,
  );
}
