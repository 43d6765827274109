import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import 'reflect-metadata';
import { StreamConfig } from './stream-config.js';

const logLevels = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;

/** Milliseconds that closing takes at most, but for requests that run for longer: the relay of an outbox has 2 s of them. */
const CLOSING_MS = 5_000;

/** What every service reads from its environment. Extend it with the service's own variables, and give `port` a default. */
export class ServiceConfig extends StreamConfig {
  @IsIn(['development', 'production', 'test'])
  nodeEnv: string = 'development';

  /** Address to listen on; `0.0.0.0` in a container. */
  @IsString()
  host: string = '127.0.0.1';

  /** 0 takes a free port. */
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  /** One or several, comma-separated; credentials as `nats://user:password@host`. */
  @Matches(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, {
    message: 'natsUrl must be a URL such as nats://127.0.0.1:4222, or several separated by commas',
  })
  natsUrl: string = 'nats://127.0.0.1:4222';

  /** The least severe level that is logged. */
  @IsIn(logLevels)
  logLevel: (typeof logLevels)[number] = 'log';

  /**
   * Milliseconds that a stop may take: the process then gives up, and exits with 1. Whoever runs it must not kill it before,
   * as Docker does after 10 s and Kubernetes after 30 unless they are told otherwise.
   */
  @IsInt()
  @Min(CLOSING_MS)
  @Max(3_600_000)
  stopTimeoutMs: number = 10_000;

  /**
   * Milliseconds of a stop in which the service is not ready and still takes requests, for load balancers that learn late that
   * they should send no more. Default 0. Part of `stopTimeoutMs`.
   */
  @IsInt()
  @Min(0)
  stopDelayMs: number = 0;

  /**
   * Addresses or CIDR ranges of the reverse proxies whose `X-Forwarded-For` is believed, comma-separated. Without it the
   * address of a client is that of its connection, which behind a proxy is the proxy's.
   */
  @IsOptional()
  @Matches(/^[\da-f.:/]+(,[\da-f.:/]+)*$/i, {
    message: 'trustProxy must be addresses or ranges such as 10.0.0.0/8, separated by commas',
  })
  trustProxy?: string;

  /** Which of the values exclude each other, one sentence each. Those of a subclass come in addition. */
  contradictions(): string[] {
    const least = this.stopDelayMs + CLOSING_MS;
    if (this.stopTimeoutMs >= least) return [];
    return [
      `STOP_TIMEOUT_MS must be ${least} or more, for the stop takes up to ${CLOSING_MS} ms after STOP_DELAY_MS, ` +
        `found ${this.stopTimeoutMs} and ${this.stopDelayMs}`,
    ];
  }

  /** Milliseconds of a stop that running handlers get; the rest is for closing the connections that they use. */
  get drainTimeout(): number {
    return this.stopTimeoutMs - 3_000;
  }
}
