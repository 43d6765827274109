import { jetstreamManager, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamConnection } from './connection.js';
import { EVENTS_STREAM, FAILURES_STREAM, RETRIES_STREAM } from './names.js';
import type { ProcessorDeclaration } from './processor-options.js';
import { compareProvisioned, provision, type ProvisionDifference } from './provision.js';
import {
  assertRetriesFit,
  consumerConfigs,
  streamConfigs,
  type JetStreamSettings,
} from './stream-settings.js';

/** A consumer on the server. */
export interface ConsumerPlace {
  stream: string;
  durable: string;
}

/** Streams and consumers of a whole system, from its declarations; what each service does for itself at its start. */
export class Provisioning {
  constructor(
    private readonly connection: JetStreamConnection,
    private readonly processors: readonly ProcessorDeclaration[],
    private readonly settings: JetStreamSettings = {},
  ) {}

  /**
   * What {@link apply} would create or update.
   *
   * @throws ProvisionError where the server is too old
   */
  async check(): Promise<ProvisionDifference[]> {
    return compareProvisioned(
      await this.connection.get(),
      streamConfigs(this.settings),
      this.processors.flatMap(consumerConfigs),
    );
  }

  /**
   * Creates what is missing and updates what differs.
   *
   * @returns what was created or updated, as it was before
   * @throws InvalidDeclarationError where a processor waits for longer than its events are kept
   * @throws ProvisionError where the server is too old, or refuses a change
   */
  async apply(): Promise<ProvisionDifference[]> {
    for (const declaration of this.processors) assertRetriesFit(declaration, this.settings);
    return provision(
      await this.connection.get(),
      streamConfigs(this.settings),
      this.processors.flatMap(consumerConfigs),
    );
  }

  /** Durable consumers on our streams that nothing declares, such as those of a processor that was removed. */
  async undeclared(): Promise<ConsumerPlace[]> {
    const manager = await jetstreamManager(await this.connection.get(), { checkAPI: false });
    const declared = new Set(
      this.processors
        .flatMap(consumerConfigs)
        .map(({ stream, config }) => `${stream} ${config.durable_name}`),
    );
    const undeclared: ConsumerPlace[] = [];
    for (const stream of [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM]) {
      try {
        for await (const { config } of manager.consumers.list(stream)) {
          const durable = config.durable_name;
          if (durable && !declared.has(`${stream} ${durable}`)) undeclared.push({ stream, durable });
        }
      } catch (error) {
        // Nobody consumes from a stream that is not there.
        const isMissing =
          error instanceof JetStreamApiError && error.code === (JetStreamApiCodes.StreamNotFound as number);
        if (!isMissing) throw error;
      }
    }
    return undeclared;
  }
}
