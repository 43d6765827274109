import { nameError } from '@cascade/jetstream';
import { Logger, type OnModuleDestroy } from '@nestjs/common';

/** A part that the service works with, such as its database. */
export interface Part {
  /** Resolves where the part can be used; rejects with the reason where it cannot. */
  ready(): Promise<void>;
}

/** Without the reason, which may name hosts and databases: whoever reaches the service reads this. */
export interface PartState {
  state: 'up' | 'down';
}

export interface ReadinessReport {
  status: 'ready' | 'not ready' | 'stopping';
  checks: Record<string, PartState>;
}

const CHECK_TIMEOUT_MS = 1_000;

/** Whether requests should be sent to this process now. Why not is logged, once for each change of a part. */
export class Readiness implements OnModuleDestroy {
  private readonly logger = new Logger('Health');
  /** Of the parts that have been asked. */
  private readonly known = new Map<string, PartState['state']>();
  private stopping = false;

  /** @param required without one of these the service is not ready; the state of the `optional` ones is only told */
  constructor(
    private readonly required: Record<string, Part>,
    private readonly optional: Record<string, Part>,
  ) {}

  /** Asks all parts at once, each for at most a second. */
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

  /** From now on it says that no more requests should come. */
  stop(): void {
    this.stopping = true;
  }

  /** The first thing that `app.close()` calls: HTTP still answers. */
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
    // Parts that close at a stop are not news.
    if (this.stopping || before === now) return;
    if (before === 'up') this.logger.warn(`${name} is down: ${reason}`);
    else if (now === 'down') this.logger.log(`${name} is not up yet: ${reason}`);
    else if (before === 'down') this.logger.log(`${name} is up`);
  }
}

/** Undefined where the part can be used. */
async function whyDown(part: Part): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([part.ready(), late]);
    return undefined;
  } catch (error) {
    return nameError(error).message;
  } finally {
    clearTimeout(timer);
  }
}
