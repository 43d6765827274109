import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import 'reflect-metadata';
import { StreamConfig } from './stream-config.js';

const logLevels = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;

/**
 * Maximum time that a service needs to close after `stopDelayMs`, in milliseconds, unless a request runs longer. The relay of an
 * outbox may take up to 2 s of this time.
 */
const CLOSING_MS = 5_000;

/** Environment of every service. Extend this class with the service's own variables, and give `port` a default. */
export class ServiceConfig extends StreamConfig {
  @IsIn(['development', 'production', 'test'])
  nodeEnv: string = 'development';

  /** Address to listen on. In a container, use `0.0.0.0`. */
  @IsString()
  host: string = '127.0.0.1';

  /** Port to listen on; 0 for any free port. */
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  /** URL of the broker, or several URLs that are separated by commas. Credentials have the form `nats://user:password@host`. */
  @Matches(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, {
    message: 'natsUrl must be a URL such as nats://127.0.0.1:4222, or several separated by commas',
  })
  natsUrl: string = 'nats://127.0.0.1:4222';

  /** Least severe level that is logged. */
  @IsIn(logLevels)
  logLevel: (typeof logLevels)[number] = 'log';

  /**
   * Maximum duration of a stop, in milliseconds. After this time, the process exits with 1. Set the grace period of the container
   * to a longer time. By default, Docker kills a container after 10 s and Kubernetes after 30 s.
   */
  @IsInt()
  @Min(CLOSING_MS)
  @Max(3_600_000)
  stopTimeoutMs: number = 10_000;

  /**
   * Time at the beginning of a stop during which the service reports that it is not ready, but still accepts requests, in
   * milliseconds. This delay gives load balancers time to react, and is part of `stopTimeoutMs`. Default 0.
   */
  @IsInt()
  @Min(0)
  stopDelayMs: number = 0;

  /**
   * Addresses or CIDR ranges of trusted reverse proxies, separated by commas. Only their `X-Forwarded-For` headers are used.
   * Without this setting, the service uses the address of the connection as the address of the client. Behind a proxy, the
   * service then sees only the address of the proxy.
   */
  @IsOptional()
  @Matches(/^[\da-f.:/]+(,[\da-f.:/]+)*$/i, {
    message: 'trustProxy must be addresses or ranges such as 10.0.0.0/8, separated by commas',
  })
  trustProxy?: string;

  /** Returns a sentence for each contradiction between the values. A subclass adds its own sentences. */
  contradictions(): string[] {
    const least = this.stopDelayMs + CLOSING_MS;
    if (this.stopTimeoutMs >= least) return [];
    return [
      `STOP_TIMEOUT_MS must be ${least} or more, because the stop takes up to ${CLOSING_MS} ms after STOP_DELAY_MS, ` +
        `found ${this.stopTimeoutMs} and ${this.stopDelayMs}`,
    ];
  }

  /**
   * Time that running handlers have to end during a stop, in milliseconds. The last 3 s of the stop are reserved for closing the
   * connections that the handlers use.
   */
  get drainTimeout(): number {
    return this.stopTimeoutMs - 3_000;
  }
}
