import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import 'reflect-metadata';
import { StreamConfig } from './stream-config.js';

const logLevels = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;

/** Milliseconds that closing takes at most, if no request runs longer. The relay of an outbox takes up to 2 s of them. */
const CLOSING_MS = 5_000;

/** Environment of every service. Extend it with the service's own variables, and give `port` a default. */
export class ServiceConfig extends StreamConfig {
  @IsIn(['development', 'production', 'test'])
  nodeEnv: string = 'development';

  /** Address to listen on. In a container, set it to `0.0.0.0`. */
  @IsString()
  host: string = '127.0.0.1';

  /** 0 takes a free port. */
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  /** One or several URLs, separated by commas. Credentials: `nats://user:password@host`. */
  @Matches(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, {
    message: 'natsUrl must be a URL such as nats://127.0.0.1:4222, or several separated by commas',
  })
  natsUrl: string = 'nats://127.0.0.1:4222';

  /** Least severe level to log. */
  @IsIn(logLevels)
  logLevel: (typeof logLevels)[number] = 'log';

  /**
   * Milliseconds that a stop may take. After that, the process exits with 1. Set the grace period of the container to more: by
   * default, Docker kills after 10 s and Kubernetes after 30 s.
   */
  @IsInt()
  @Min(CLOSING_MS)
  @Max(3_600_000)
  stopTimeoutMs: number = 10_000;

  /**
   * Milliseconds at the beginning of a stop in which the service is not ready but still accepts requests. Load balancers react
   * late. Default 0. Part of `stopTimeoutMs`.
   */
  @IsInt()
  @Min(0)
  stopDelayMs: number = 0;

  /**
   * Addresses or CIDR ranges of trusted reverse proxies, separated by commas. Their `X-Forwarded-For` is used. Without this
   * setting, the address of a client is that of its connection: behind a proxy, the address of the proxy.
   */
  @IsOptional()
  @Matches(/^[\da-f.:/]+(,[\da-f.:/]+)*$/i, {
    message: 'trustProxy must be addresses or ranges such as 10.0.0.0/8, separated by commas',
  })
  trustProxy?: string;

  /** Returns which of the values contradict each other, one sentence each. A subclass adds its own. */
  contradictions(): string[] {
    const least = this.stopDelayMs + CLOSING_MS;
    if (this.stopTimeoutMs >= least) return [];
    return [
      `STOP_TIMEOUT_MS must be ${least} or more, because the stop takes up to ${CLOSING_MS} ms after STOP_DELAY_MS, ` +
        `found ${this.stopTimeoutMs} and ${this.stopDelayMs}`,
    ];
  }

  /** Milliseconds of a stop for running handlers. The rest is for closing the connections that the handlers use. */
  get drainTimeout(): number {
    return this.stopTimeoutMs - 3_000;
  }
}
