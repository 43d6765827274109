import { Logger, type OnModuleDestroy } from '@nestjs/common';

/** A part that the service uses, such as its database. */
export interface Part {
  /** Resolves if the part can be used. Rejects with the reason if it cannot. */
  ready(): Promise<void>;
}

/** Has no reason, since anyone may read it, and a reason may name hosts and databases. */
export interface PartState {
  state: 'up' | 'down';
}

export interface ReadinessReport {
  status: 'ready' | 'not ready' | 'stopping';
  checks: Record<string, PartState>;
}

const CHECK_TIMEOUT_MS = 1_000;

/** Reports whether this process is ready for requests. Logs the reason once when the state of a part changes. */
export class Readiness implements OnModuleDestroy {
  private readonly logger = new Logger('Health');
  /** Last known state of each part. */
  private readonly known = new Map<string, PartState['state']>();
  private stopping = false;

  /** @param required The service is ready only if all of these are. The state of the `optional` parts is only shown. */
  constructor(
    private readonly required: Record<string, Part>,
    private readonly optional: Record<string, Part>,
  ) {}

  /** Checks all parts in parallel. Each has at most a second. */
  async report(): Promise<ReadinessReport> {
    const [required, optional] = await Promise.all([
      this.statesOf(this.required),
      this.statesOf(this.optional),
    ]);
    const isReady = Object.values(required).every(({ state }) => state === 'up');
    return {
      status: this.stopping ? 'stopping' : isReady ? 'ready' : 'not ready',
      checks: { ...required, ...optional },
    };
  }

  /** Reports from now on that no more requests should be sent. */
  stop(): void {
    this.stopping = true;
  }

  /** `app.close()` calls this first, while HTTP still answers. */
  onModuleDestroy(): void {
    this.stop();
  }

  private async statesOf(parts: Record<string, Part>): Promise<Record<string, PartState>> {
    const states = Object.entries(parts).map(async ([name, part]) => {
      const reason = await whyDown(part);
      this.note(name, reason);
      return [name, { state: reason === undefined ? 'up' : 'down' }] as const;
    });
    return Object.fromEntries(await Promise.all(states));
  }

  private note(name: string, reason: string | undefined): void {
    const before = this.known.get(name);
    const now = reason === undefined ? 'up' : 'down';
    this.known.set(name, now);
    // At a stop, parts close as expected.
    if (this.stopping || before === now) return;
    if (before === 'up') this.logger.warn(`${name} is down: ${reason}`);
    else if (now === 'down') this.logger.log(`${name} is not up yet: ${reason}`);
    else if (before === 'down') this.logger.log(`${name} is up`);
  }
}

/** Returns undefined if the part can be used. */
async function whyDown(part: Part): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([part.ready(), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
