import {
  connect,
  createInbox,
  errors,
  type ConnectionOptions,
  type NatsConnection,
  type PermissionViolationError,
  type Status,
} from '@nats-io/transport-node';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerUnreachableError } from '../errors.js';
import { inboxPrefixOf } from '../wire/names.js';
import { pipelineOf, type PublishPipeline } from './publish-pipeline.js';
import type { StalledStream } from './publish-watch.js';

export interface JetStreamConnectionOptions {
  /** Name of the service: shown by the server's monitoring, and `ce-source` of the initiating events it publishes. */
  source: string;
  /** One URL or several, comma-separated or as a list; `nats://user:password@host:port` and `nats://token@host` work. */
  servers: string | string[];
  /**
   * Go on trying until a server is there. Default true, as a service must; `false` lets the first attempt decide, as a
   * command does that somebody waits for.
   */
  keepTrying?: boolean;
  /** Anything else that nats.js takes: TLS, authenticator, … */
  connection?: ConnectionOptions;
  /**
   * Events that may be on their way to the broker at the same time; publishing more waits. A whole number from 1; default 4,096.
   * Each is held in memory until it is confirmed.
   */
  publishWindow?: number;
}

/** Milliseconds between attempts to connect; short, so that work resumes soon after the broker. */
const RECONNECT_PAUSE = 250;
/**
 * Milliseconds that one attempt to connect may take. The client does not see a socket that closes between the steps of an attempt, as
 * when a server of a cluster dies just then: with its default it would wait 20 s before it tries another server.
 */
const CONNECT_TIMEOUT = 5_000;

/**
 * The service's one connection to NATS. It is made in the background and made again whenever it breaks, so that a
 * service starts and stays up while the broker is away.
 */
export class JetStreamConnection implements OnApplicationShutdown {
  private readonly logger = new Logger('JetStream');
  private readonly pending: Promise<NatsConnection>;
  private readonly pendingPipeline: Promise<PublishPipeline>;
  private madePipeline: PublishPipeline | undefined;
  private readonly reconnectListeners = new Set<() => void>();
  private readonly denialListeners = new Set<(error: PermissionViolationError) => void>();
  private readonly closeListeners = new Set<() => void>();
  private state: 'connecting' | 'connected' | 'disconnected' | 'closed' = 'connecting';
  /** Why the server has refused this client since the connection broke. */
  private refusal: string | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: JetStreamConnectionOptions) {
    this.pending = this.open();
    // A failure is reported to whoever waits for the connection; with nobody waiting it must not end the process.
    this.pending.catch(() => undefined);
    this.pendingPipeline = this.pending.then((connection) => {
      const settings = { inbox: this.newInbox(), window: options.publishWindow };
      return (this.madePipeline = pipelineOf(connection, settings));
    });
    this.pendingPipeline.catch(() => undefined);
  }

  /**
   * The connection, once it is there; waits for as long as the broker is away.
   *
   * @throws BrokerUnreachableError where the server refuses this client for good, such as for wrong credentials, or the
   * connection was closed before it was made
   */
  get(): Promise<NatsConnection> {
    return this.pending;
  }

  /** Like {@link get}: what publishes over the connection. */
  pipeline(): Promise<PublishPipeline> {
    return this.pendingPipeline;
  }

  /** The {@link pipeline} at once, without a promise; undefined while there is no connection. */
  get connected(): PublishPipeline | undefined {
    return this.state === 'connected' ? this.madePipeline : undefined;
  }

  /** Name of the service. */
  get source(): string {
    return this.options.source;
  }

  /** Streams to which publishes of this process have been unconfirmed for 10 s. */
  get stalled(): readonly StalledStream[] {
    return this.madePipeline?.stalled ?? [];
  }

  /**
   * Readiness check.
   *
   * @throws Error with the reason where events cannot travel at the moment
   */
  ready(): Promise<void> {
    if (this.state === 'connected') return Promise.resolve();
    const refusal = this.refusal ? `: ${this.refusal}` : '';
    return Promise.reject(new Error(`${this.state} (NATS at ${this.describe()})${refusal}`));
  }

  isAway(): boolean {
    return this.state !== 'connected';
  }

  /** Calls back after each reconnection: what the server lost meanwhile must be made again. */
  onReconnect(listener: () => void): void {
    this.reconnectListeners.add(listener);
  }

  /** Calls back when the server denies a publish or a subscription: a request that was denied is never answered. */
  onDenied(listener: (error: PermissionViolationError) => void): void {
    this.denialListeners.add(listener);
  }

  /** Calls back when the connection has closed for good although nobody asked for it: this process publishes nothing more. */
  onClosed(listener: () => void): void {
    this.closeListeners.add(listener);
  }

  /** A fresh subject of this service's own, for answers. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  /** Runs after the transport has closed, so that running handlers could still publish. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    const connection = await this.pending.catch(() => undefined);
    if (connection && !connection.isClosed()) await connection.drain().catch(() => connection.close());
  }

  private async open(): Promise<NatsConnection> {
    for (let first = true; ; first = false) {
      try {
        const connection = await this.connect();
        this.state = 'connected';
        this.logger.log(`connected to NATS ${connection.info?.version} at ${connection.getServer()}`);
        void this.watch(connection);
        return connection;
      } catch (cause) {
        // The client's own `waitOnFirstConnect` cannot be stopped and would keep the process alive.
        if (this.stopping.signal.aborted || this.isFinal(cause)) throw this.unreachable(cause);
        if (first) this.logger.warn(`waiting for NATS: ${this.unreachable(cause).message}`);
        await sleep(RECONNECT_PAUSE, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private connect(): Promise<NatsConnection> {
    return connect({
      name: this.options.source,
      maxReconnectAttempts: -1,
      // By default the second refusal ends the connection for good. A service outlives the minutes in which users are changed.
      ignoreAuthErrorAbort: this.options.keepTrying !== false,
      reconnectTimeWait: RECONNECT_PAUSE,
      timeout: CONNECT_TIMEOUT,
      pingInterval: 20_000,
      // Half of the time that a request takes goes into these traces.
      noAsyncTraces: true,
      inboxPrefix: this.inboxPrefix,
      ...parseServers(this.options.servers),
      ...this.options.connection,
    });
  }

  private isFinal(error: unknown): boolean {
    return this.options.keepTrying === false || FINAL_ERRORS.some((type) => error instanceof type);
  }

  private unreachable(cause: unknown): Error {
    if (this.isFinal(cause)) this.state = 'closed';
    return new BrokerUnreachableError(
      `cannot connect to NATS at ${this.describe()}: ${(cause as Error).message}`,
      { cause },
    );
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.note(status);
    this.state = 'closed';
    if (this.stopping.signal.aborted) return;
    const reason = (await connection.closed())?.message;
    this.logger.error(
      `the connection to NATS at ${this.describe()} was closed for good${reason ? `: ${reason}` : ''}; restart the service`,
    );
    for (const listener of this.closeListeners) listener();
  }

  private note(status: Status): void {
    if (status.type === 'disconnect' && this.state === 'connected') {
      this.state = 'disconnected';
      if (!this.stopping.signal.aborted)
        this.logger.warn(`disconnected from NATS at ${this.describe()}, reconnecting`);
    } else if (status.type === 'reconnect') {
      this.state = 'connected';
      this.refusal = undefined;
      this.logger.log(`reconnected to NATS at ${status.server}`);
      for (const listener of this.reconnectListeners) listener();
    } else if (status.type === 'error') {
      this.noteError(status.error);
    }
  }

  private noteError(error: Error): void {
    const isRefusal = REFUSALS.some((type) => error instanceof type);
    // The server repeats a refusal at every attempt to reconnect.
    if (!isRefusal || error.message !== this.refusal) this.logger.error(`NATS: ${error.message}`);
    if (isRefusal) this.refusal = error.message;
    if (error instanceof errors.PermissionViolationError) {
      for (const listener of this.denialListeners) listener(error);
    }
  }

  /** Its own, so that permissions can keep other services from reading its answers. */
  private get inboxPrefix(): string {
    return inboxPrefixOf(this.options.source);
  }

  /** Host and port only: URLs may hold passwords. */
  private describe(): string {
    return [parseServers(this.options.servers).servers].flat().join(', ');
  }
}

/** The server does not take this client's credentials. */
const REFUSALS = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];

/** Errors of the first attempt that do not pass by themselves. Any other may: no server yet, or a network that is down. */
const FINAL_ERRORS = [...REFUSALS, errors.InvalidArgumentError, TypeError];

/** nats.js takes no credentials in URLs, people do. */
function parseServers(
  servers: string | string[],
): Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'> {
  const urls = [servers]
    .flat()
    .flatMap((list) => list.split(','))
    .map((text) => parseUrl(text.trim()));
  const { username, password } = urls.find((url) => url.username) ?? { username: '', password: '' };
  const credentials = !username
    ? {}
    : password
      ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
      : { token: decodeURIComponent(username) };
  return {
    servers: urls.map((url) => url.host),
    ...credentials,
    ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
  };
}

function parseUrl(text: string): URL {
  const url = /^[a-z]+:\/\//.test(text) ? text : `nats://${text}`;
  if (!URL.canParse(url)) throw new TypeError('A NATS server must be given as nats://host:port.');
  return new URL(url);
}
