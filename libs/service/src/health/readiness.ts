import type { OnModuleDestroy } from '@nestjs/common';

/** A part that the service works with, such as its database. */
export interface Part {
  /** Resolves where the part can be used; rejects with the reason where it cannot. */
  ready(): Promise<void>;
}

export type PartState = { state: 'up' } | { state: 'down'; reason: string };

export interface ReadinessReport {
  status: 'ready' | 'not ready' | 'stopping';
  checks: Record<string, PartState>;
}

const CHECK_TIMEOUT_MS = 1_000;

/** Whether requests should be sent to this process now. */
export class Readiness implements OnModuleDestroy {
  private stopping = false;

  /** @param required without one of these the service is not ready; the state of the `optional` ones is only told */
  constructor(
    private readonly required: Record<string, Part>,
    private readonly optional: Record<string, Part>,
  ) {}

  /** Asks all parts at once, each for at most a second. */
  async report(): Promise<ReadinessReport> {
    const [required, optional] = await Promise.all([statesOf(this.required), statesOf(this.optional)]);
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
}

async function statesOf(parts: Record<string, Part>): Promise<Record<string, PartState>> {
  const states = Object.entries(parts).map(async ([name, part]) => [name, await stateOf(part)] as const);
  return Object.fromEntries(await Promise.all(states));
}

async function stateOf(part: Part): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([part.ready(), late]);
    return { state: 'up' };
  } catch (error) {
    return { state: 'down', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
