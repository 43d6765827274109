import { Injectable } from '@nestjs/common';
import { JetStreamStrategy } from '../consume/strategy.js';

/** Health check for pauses: reports the paused processors of this process. The service stays ready during a pause. */
@Injectable()
export class Pauses {
  constructor(private readonly strategy: JetStreamStrategy) {}

  /** @throws Error naming the paused processors, and since when */
  ready(): Promise<void> {
    const { paused } = this.strategy;
    if (paused.length === 0) return Promise.resolve();
    const list = paused.map(({ processor, since }) => `${processor} is paused since ${since.toISOString()}`);
    return Promise.reject(new Error(list.join(', ')));
  }
}
