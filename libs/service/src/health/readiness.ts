import { nameError } from '@cascade/jetstream';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';

/** Part that the service uses, such as its database. */
export interface Part {
  /** Resolves if the part can be used. Rejects with the reason if the part cannot be used. */
  ready(): Promise<void>;
}

/** State of a part, without a reason. Anyone may read the state, but a reason could reveal hosts and databases. */
export interface PartState {
  state: 'up' | 'down';
}

export interface ReadinessReport {
  status: 'ready' | 'not ready' | 'stopping';
  checks: Record<string, PartState>;
}

const CHECK_TIMEOUT_MS = 1_000;

/**
 * Reports whether this process is ready for requests. Logs each change of a part's state, with the reason if the part is down.
 */
export class Readiness implements OnModuleDestroy {
  private readonly logger = new Logger('Health');
  /** Last known state of each part. */
  private readonly known = new Map<string, PartState['state']>();
  private stopping = false;

  /**
   * @param required Names of the parts that must be up. The state of all other parts is reported, but does not affect readiness.
   */
  constructor(
    private readonly parts: ReadonlyMap<string, Part>,
    private readonly required: readonly string[],
  ) {}

  /** Checks all parts in parallel. Each part has one second to answer. */
  async report(): Promise<ReadinessReport> {
    const states = [...this.parts].map(async ([name, part]): Promise<[string, PartState]> => {
      const reason = await whyDown(part);
      this.note(name, reason);
      return [name, { state: reason === undefined ? 'up' : 'down' }];
    });
    const checks = Object.fromEntries(await Promise.all(states));
    const isReady = this.required.every((name) => checks[name]!.state === 'up');
    return { status: this.stopping ? 'stopping' : isReady ? 'ready' : 'not ready', checks };
  }

  /** Reports the service as stopping from now on, so that load balancers send no more requests. */
  stop(): void {
    this.stopping = true;
  }

  /** Called by `app.close()` before the HTTP server closes. */
  onModuleDestroy(): void {
    this.stop();
  }

  private note(name: string, reason: string | undefined): void {
    const before = this.known.get(name);
    const now = reason === undefined ? 'up' : 'down';
    this.known.set(name, now);
    // During a stop, it is normal that parts close.
    if (this.stopping || before === now) return;
    if (before === 'up') this.logger.warn(`${name} is down: ${reason}`);
    else if (now === 'down') this.logger.log(`${name} is not up yet: ${reason}`);
    else if (before === 'down') this.logger.log(`${name} is up`);
  }
}

/** Returns the reason why the part cannot be used; undefined if the part can be used. */
async function whyDown(part: Part): Promise<string | undefined> {
  const late = `no answer within ${CHECK_TIMEOUT_MS} ms`;
  try {
    return await Promise.race([
      part.ready().then(() => undefined),
      sleep(CHECK_TIMEOUT_MS, late, { ref: false }),
    ]);
  } catch (error) {
    return nameError(error).message;
  }
}
