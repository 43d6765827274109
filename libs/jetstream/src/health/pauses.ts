import { Injectable } from '@nestjs/common';
import { JetStreamStrategy } from '../consume/strategy.js';

/** The pauses of this process's processors, as a check of its health: a service stays ready while one is paused, and tells. */
@Injectable()
export class Pauses {
  constructor(private readonly strategy: JetStreamStrategy) {}

  /** @throws Error naming the processors that are paused, and since when */
  ready(): Promise<void> {
    const { paused } = this.strategy;
    if (paused.length === 0) return Promise.resolve();
    const list = paused.map(({ processor, since }) => `${processor} is paused since ${since.toISOString()}`);
    return Promise.reject(new Error(list.join(', ')));
  }
}
