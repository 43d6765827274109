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
  /** Name of the service. The name appears in the server's monitoring, and as the `ce-source` of initiating events. */
  source: string;
  /**
   * One or more URLs of NATS servers, comma-separated or as a list. Both `nats://user:password@host:port` and `nats://token@host`
   * are accepted.
   */
  servers: string | string[];
  /**
   * True to keep trying to connect while no server is available, which suits services. False to give up after the first attempt,
   * which suits interactive commands. Default true.
   */
  keepTrying?: boolean;
  /** Further options for nats.js, such as TLS or an authenticator. */
  connection?: ConnectionOptions;
  /**
   * Maximum number of publishes in flight at the same time. Further publishes wait. Each event stays in memory until it is
   * confirmed. Must be a whole number of at least 1. Default 4,096.
   */
  publishWindow?: number;
}

/** Delay between attempts to connect, in milliseconds. The delay is short, so that work resumes soon after the broker returns. */
const RECONNECT_DELAY_MS = 250;
/**
 * Timeout of one attempt to connect, in milliseconds. The client does not notice that a socket closes between two steps of an
 * attempt, for instance when a server dies. With the client's default timeout, the client would wait 20 s before trying another
 * server.
 */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The only connection of a service to NATS. The client connects in the background, and reconnects whenever the connection breaks.
 * Therefore, a service can start and keep running while the broker is unreachable.
 */
export class JetStreamConnection implements OnApplicationShutdown {
  private readonly logger = new Logger('JetStream');
  private readonly pending: Promise<NatsConnection>;
  /** Publish pipeline; undefined until the client has connected for the first time. */
  private madePipeline: PublishPipeline | undefined;
  private readonly reconnectListeners = new Set<() => void>();
  private readonly denialListeners = new Set<(error: PermissionViolationError) => void>();
  private readonly closeListeners = new Set<() => void>();
  private state: 'connecting' | 'connected' | 'disconnected' | 'closed' = 'connecting';
  /** Message of the latest refusal; undefined if the server has not refused this client since the last reconnection. */
  private refusal: string | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: JetStreamConnectionOptions) {
    this.pending = this.open();
    // Callers of `get` still receive the failure. Without this handler, a failure that nobody awaits would end the process.
    this.pending.catch(() => undefined);
  }

  /**
   * Resolves to the connection after the client has connected for the first time. Later calls resolve immediately, even while the
   * broker is unreachable.
   *
   * @throws BrokerUnreachableError if the server refuses this client permanently, for instance because of wrong credentials
   * @throws BrokerUnreachableError if `keepTrying` is false and the first attempt to connect fails
   * @throws BrokerUnreachableError if this object is closed before it has connected
   */
  get(): Promise<NatsConnection> {
    return this.pending;
  }

  /** Resolves to the publish pipeline of the connection. Waits and throws as {@link get} does. */
  async pipeline(): Promise<PublishPipeline> {
    await this.pending;
    return this.madePipeline!;
  }

  /** Publish pipeline, without the promise of {@link pipeline}; undefined while the client is not connected. */
  get connected(): PublishPipeline | undefined {
    return this.state === 'connected' ? this.madePipeline : undefined;
  }

  /** Name of the service. */
  get source(): string {
    return this.options.source;
  }

  /** Streams with at least one publish of this process that has stayed unconfirmed for 10 s or more. */
  get stalled(): readonly StalledStream[] {
    return this.madePipeline?.stalled ?? [];
  }

  /**
   * Checks that the service is connected.
   *
   * @throws Error with the reason if the service is not connected
   */
  async ready(): Promise<void> {
    if (this.state === 'connected') return;
    const refusal = this.refusal ? `: ${this.refusal}` : '';
    throw new Error(`${this.state} (NATS at ${this.describe()})${refusal}`);
  }

  isAway(): boolean {
    return this.state !== 'connected';
  }

  /** Calls the listener after each reconnection. The listener must recreate consumers and streams that the server has lost. */
  onReconnect(listener: () => void): void {
    this.reconnectListeners.add(listener);
  }

  /** Calls the listener when the server denies a publish or a subscription. A denied request never gets a reply. */
  onDenied(listener: (error: PermissionViolationError) => void): void {
    this.denialListeners.add(listener);
  }

  /**
   * Calls the listener if the connection closes permanently for a reason other than {@link close}. This process can then no
   * longer publish.
   */
  onClosed(listener: () => void): void {
    this.closeListeners.add(listener);
  }

  /** Returns a new subject for replies. Permissions can allow only this service to subscribe to the subject. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  /** Called by Nest after the transport has closed, so that running handlers can still publish. */
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
        // The client's `waitOnFirstConnect` is not used, because such a wait cannot be stopped and would keep the process alive.
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
      // By default, a second refusal closes the connection permanently. A service must survive the minutes in which NATS users
      // are being changed.
      ignoreAuthErrorAbort: this.options.keepTrying !== false,
      reconnectTimeWait: RECONNECT_DELAY_MS,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: 20_000,
      // Stack traces across asynchronous calls would take half of the time of a request.
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
    // A refusal is logged only once, because the server repeats the refusal at every attempt to reconnect.
    if (!isRefusal || error.message !== this.refusal) this.logger.error(`NATS: ${error.message}`);
    if (isRefusal) this.refusal = error.message;
    if (error instanceof errors.PermissionViolationError) {
      for (const listener of this.denialListeners) listener(error);
    }
  }

  /** Prefix of reply subjects, unique to this service. Permissions can therefore keep other services from reading the replies. */
  private get inboxPrefix(): string {
    return inboxPrefixOf(this.options.source);
  }

  /** Returns the server addresses without credentials, because URLs may contain passwords. */
  private describe(): string {
    return [parseServers(this.options.servers).servers].flat().join(', ');
  }
}

/** Errors of a server that does not accept this client's credentials. */
const REFUSALS = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];

/**
 * Errors that end the attempts to establish the first connection. Any other error may be temporary, such as an unreachable
 * server.
 */
const FINAL_ERRORS = [...REFUSALS, errors.InvalidArgumentError, TypeError];

/** Moves credentials from URLs to options, because nats.js does not accept credentials in URLs. */
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
