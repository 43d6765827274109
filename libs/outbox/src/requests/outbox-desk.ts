import {
  BrokerUnreachableError,
  JetStreamConnection,
  outboxAnswersOf,
  outboxRequestsOf,
} from '@cascade/jetstream';
import { reasonOf } from '@cascade/store';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { Outbox } from '../outbox/outbox.js';
import { parseRequest, type Asker, type OutboxAnswer, type OutboxRequest } from './outbox-requests.js';

/**
 * Answers requests of the command line about this service's outbox. The requests arrive over NATS, because only the service can
 * open an embedded database. An operator therefore needs no access to the databases.
 */
@Injectable()
export class OutboxDesk implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private subscription: Subscription | undefined;
  private isStopping = false;
  /** Resolves when all requests so far have been answered. Requests are rare, so they are answered one after another. */
  private answering: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly outbox: Outbox,
  ) {}

  /** Subscribes in the background, because the broker may be unreachable. */
  onApplicationBootstrap(): void {
    void this.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    this.subscription?.unsubscribe();
    await this.answering;
  }

  private async open(): Promise<void> {
    const { source } = this.connection;
    try {
      const nats = await this.connection.get();
      if (this.isStopping) return;
      // The replicas share the database, so only one replica answers each request.
      this.subscription = nats.subscribe(outboxRequestsOf(source), {
        queue: 'outbox',
        callback: (error, message) => (error ? this.denied(error) : this.receive(message)),
      });
    } catch (error) {
      // `startService` reports an unreachable broker.
      if (!(error instanceof BrokerUnreachableError)) throw error;
    }
  }

  private denied(error: Error): void {
    this.logger.warn(
      `\`node cascade outbox\` cannot reach this service: ${error.message}. Grant its user the right to subscribe to ` +
        `${outboxRequestsOf(this.connection.source)} and to publish to ${outboxAnswersOf(this.connection.source)}, and restart it.`,
    );
  }

  private receive(message: Msg): void {
    this.answering = this.answering
      .then(() => this.answer(message.string()))
      .then((answer) => void message.respond(JSON.stringify(answer)))
      .catch((error: unknown) => this.logger.warn(`a request could not be answered: ${reasonOf(error)}`));
  }

  /** Carries out a request and returns the answer. Never rejects. If the request fails, the answer contains the reason. */
  private async answer(text: string): Promise<OutboxAnswer> {
    try {
      return await this.perform(parseRequest(text));
    } catch (error) {
      return { refused: reasonOf(error) };
    }
  }

  private async perform(request: OutboxRequest): Promise<OutboxAnswer> {
    if (request.do === 'show') return this.outbox.content(request.limit);
    if (request.do === 'put-back') {
      const changed = await this.outbox.putBack(request.ids);
      const events = changed === 1 ? '1 event that was' : `${changed} events that were`;
      this.logger.log(`${events} set aside, put back${onBehalf(request)}`);
      return { changed };
    }
    const dropped = await this.outbox.drop(request.ids);
    // The log contains the only record of the dropped events.
    for (const { id, name } of dropped)
      this.logger.warn(`event ${id} (${name}), which was set aside, dropped${onBehalf(request)}`);
    return { changed: dropped.length };
  }
}

function onBehalf({ by, reason }: Asker): string {
  return ` for ${by || 'an unknown user'}${reason ? `: ${reason}` : ''}`;
}
