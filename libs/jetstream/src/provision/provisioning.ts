import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { JetStreamConnection } from '../client/connection.js';
import { ProvisionError } from '../errors.js';
import { RETRIES_STREAM, retriesOf } from '../wire/names.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { compareProvisioned, provision, type Provisioned, type ProvisionOptions } from './provision.js';
import type { ProvisionDifference } from './provision-targets.js';
import { removeRetired, retiredProcessors, type RetiredProcessor } from './retired-processors.js';
import { assertRetriesFit, assetsOf, consumerConfigs, type JetStreamSettings } from './stream-settings.js';

/** Provisions the streams and consumers of a whole system from its declarations, for the operator. */
export class Provisioning {
  constructor(
    private readonly connection: JetStreamConnection,
    private readonly processors: readonly ProcessorDeclaration[],
    private readonly settings: JetStreamSettings = {},
  ) {}

  /**
   * Returns the differences between the declarations and the server. {@link apply} removes these differences as far as its
   * options allow.
   *
   * @throws ProvisionError if the server is too old
   * @throws NoAnswerError if the broker is unreachable
   */
  async check(): Promise<ProvisionDifference[]> {
    return compareProvisioned(await this.connection.get(), assetsOf(this.settings, this.processors));
  }

  /**
   * Creates missing streams and consumers and changes differing settings, as far as the options allow.
   *
   * @throws InvalidDeclarationError if a processor waits for longer than its events are kept
   * @throws ProvisionError if the server is too old or refuses a change
   * @throws ProvisionError if events that must not be dropped wait for a moved processor
   * @throws NoAnswerError if the broker is unreachable
   */
  async apply(options: ProvisionOptions = {}): Promise<Provisioned> {
    for (const declaration of this.processors) assertRetriesFit(declaration, this.settings);
    const connection = await this.connection.get();
    for (const name of options.move ?? [])
      await this.prepareMove(connection, name, options.dropWaiting ?? false);
    return provision(connection, assetsOf(this.settings, this.processors), options);
  }

  /** Returns the processors that have undeclared consumers or retries on Cascade's streams, such as removed processors. */
  async retired(): Promise<RetiredProcessor[]> {
    return retiredProcessors(await this.connection.get(), this.processors);
  }

  /**
   * Deletes the consumers of retired processors that no process uses. Retries of a renamed processor are moved to its new name.
   * Retries of a processor that is still declared are kept, and all other retries are deleted.
   *
   * @param names processors to remove; all retired processors by default
   * @returns the processors that were removed; the other processors are still in use
   */
  async prune(names?: readonly string[]): Promise<RetiredProcessor[]> {
    const connection = await this.connection.get();
    const unused = (await this.retired()).filter(
      ({ processor, isInUse }) => !isInUse && (names?.includes(processor) ?? true),
    );
    for (const processor of unused) await removeRetired(connection, processor);
    return unused;
  }

  /**
   * Checks that a processor may be moved, and deletes its retries. Does nothing if the processor's channel has not changed. A
   * move loses the unread events and the retries that wait for the processor on its former channel.
   */
  private async prepareMove(
    connection: NatsConnection,
    processor: string,
    dropWaiting: boolean,
  ): Promise<void> {
    const declaration = this.processors.find((declared) => declared.processor === processor);
    if (!declaration)
      throw new ProvisionError(`No processor '${processor}' is declared, so it cannot be moved.`);
    const consumers = consumerConfigs(declaration);
    const differences = await compareProvisioned(connection, { streams: [], consumers });
    const moved = differences.find(({ settings }) => settings.some(({ effect }) => effect === 'moves'));
    if (!moved) return;
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const { num_pending, num_ack_pending, config } = await manager.consumers.info(moved.stream, processor);
    const retries = { filter: retriesOf(processor) };
    const waiting = num_pending + num_ack_pending + (await countOn(manager, retries.filter));
    if (waiting > 0 && !dropWaiting) {
      const channel = (config.filter_subjects ?? [config.filter_subject])[0];
      throw new ProvisionError(
        `${waiting} ${waiting === 1 ? 'event' : 'events'} of ${channel} ${waiting === 1 ? 'waits' : 'wait'} for ${processor} and would ` +
          'never be handled. Let the version that consumes them finish them first, or drop them with --drop-waiting.',
      );
    }
    await manager.streams.purge(RETRIES_STREAM, retries);
  }
}

async function countOn({ streams }: JetStreamManager, subjects_filter: string): Promise<number> {
  const { state } = await streams.info(RETRIES_STREAM, { subjects_filter });
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
}
