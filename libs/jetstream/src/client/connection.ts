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
  /** Name of the service. The server's monitoring shows it, and it is the `ce-source` of initiating events. */
  source: string;
  /** One URL or several, comma-separated or as a list; `nats://user:password@host:port` and `nats://token@host` work. */
  servers: string | string[];
  /**
   * Tries to connect until a server is there. Default true, for services. `false` gives up after the first attempt, for commands
   * that a person waits for.
   */
  keepTrying?: boolean;
  /** Further options of nats.js, such as TLS or an authenticator. */
  connection?: ConnectionOptions;
  /**
   * Publishes that may be in flight at the same time; further publishes wait. A whole number from 1; default 4,096. Each event
   * stays in memory until it is confirmed.
   */
  publishWindow?: number;
}

/** Milliseconds between attempts to connect. Short, so that work resumes soon after the broker's return. */
const RECONNECT_DELAY_MS = 250;
/**
 * Milliseconds that one attempt to connect may take. The client does not notice a socket that closes between two steps of an
 * attempt, for instance because that server of a cluster dies. With its default, it would wait 20 s before it tries another server.
 */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The one connection of a service to NATS. It connects in the background, and reconnects whenever the connection breaks. So a
 * service can start and stay up while the broker is away.
 */
export class JetStreamConnection implements OnApplicationShutdown {
  private readonly logger = new Logger('JetStream');
  private readonly pending: Promise<NatsConnection>;
  /** Undefined until the first connection. */
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
    // Callers of `get` see a failure. If nobody waits, the failure must not end the process.
    this.pending.catch(() => undefined);
  }

  /**
   * Resolves to the connection. Waits while the broker is away.
   *
   * @throws BrokerUnreachableError if the server refuses this client for good, for instance because of wrong credentials, or if
   * this object is closed before it has connected
   */
  get(): Promise<NatsConnection> {
    return this.pending;
  }

  /** Resolves to the publish pipeline of the connection, as {@link get} does. */
  async pipeline(): Promise<PublishPipeline> {
    await this.pending;
    return this.madePipeline!;
  }

  /** The {@link pipeline} without a promise; undefined while there is no connection. */
  get connected(): PublishPipeline | undefined {
    return this.state === 'connected' ? this.madePipeline : undefined;
  }

  /** Name of the service. */
  get source(): string {
    return this.options.source;
  }

  /** Streams that have not confirmed a publish of this process for 10 s. */
  get stalled(): readonly StalledStream[] {
    return this.madePipeline?.stalled ?? [];
  }

  /**
   * Readiness check.
   *
   * @throws Error with the reason if there is no connection now
   */
  async ready(): Promise<void> {
    if (this.state === 'connected') return;
    const refusal = this.refusal ? `: ${this.refusal}` : '';
    throw new Error(`${this.state} (NATS at ${this.describe()})${refusal}`);
  }

  isAway(): boolean {
    return this.state !== 'connected';
  }

  /** Calls back after each reconnection. Consumers and streams that the server has lost must be created again. */
  onReconnect(listener: () => void): void {
    this.reconnectListeners.add(listener);
  }

  /** Calls back when the server denies a publish or a subscription. A denied request never gets a reply. */
  onDenied(listener: (error: PermissionViolationError) => void): void {
    this.denialListeners.add(listener);
  }

  /** Calls back when the connection has closed for good, and not by {@link close}. This process cannot publish any more. */
  onClosed(listener: () => void): void {
    this.closeListeners.add(listener);
  }

  /** Returns a new subject for replies. Only this service may subscribe to it. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  /** Nest calls this after the transport has closed, so running handlers can still publish. */
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
        const settings = { inbox: this.newInbox(), window: this.options.publishWindow };
        this.madePipeline = pipelineOf(connection, settings);
        this.state = 'connected';
        this.logger.log(`connected to NATS ${connection.info?.version} at ${connection.getServer()}`);
        void this.watch(connection);
        return connection;
      } catch (cause) {
        // Not done by the client's `waitOnFirstConnect`, which cannot be stopped and would keep the process alive.
        if (this.stopping.signal.aborted || this.isFinal(cause)) throw this.unreachable(cause);
        if (first) this.logger.warn(`waiting for NATS: ${this.unreachable(cause).message}`);
        await sleep(RECONNECT_DELAY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private connect(): Promise<NatsConnection> {
    return connect({
      name: this.options.source,
      maxReconnectAttempts: -1,
      // By default, a second refusal closes the connection for good. A service must survive the minutes in which users are changed.
      ignoreAuthErrorAbort: this.options.keepTrying !== false,
      reconnectTimeWait: RECONNECT_DELAY_MS,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: 20_000,
      // Half of the time of a request would go into these traces.
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
    // Logged once: the server repeats a refusal at every attempt to reconnect.
    if (!isRefusal || error.message !== this.refusal) this.logger.error(`NATS: ${error.message}`);
    if (isRefusal) this.refusal = error.message;
    if (error instanceof errors.PermissionViolationError) {
      for (const listener of this.denialListeners) listener(error);
    }
  }

  /** Unique to this service, so that permissions can keep other services from reading its replies. */
  private get inboxPrefix(): string {
    return inboxPrefixOf(this.options.source);
  }

  /** Without credentials: URLs may contain passwords. */
  private describe(): string {
    return [parseServers(this.options.servers).servers].flat().join(', ');
  }
}

/** Errors of a server that does not accept this client's credentials. */
const REFUSALS = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];

/** Errors of the first attempt that are permanent. Any other error may pass, such as a missing server or a network that is down. */
const FINAL_ERRORS = [...REFUSALS, errors.InvalidArgumentError, TypeError];

/** Moves credentials from URLs to options, because nats.js does not accept them in URLs. */
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
  if (!URL.canParse(url))
    throw new TypeError('The address of a NATS server must look like nats://host:port.');
  return new URL(url);
}
