import { Injectable } from '@nestjs/common';
import { JetStreamStrategy } from '../consume/strategy.js';

/** Health check that reports the paused processors of this process. The service stays ready during a pause. */
@Injectable()
export class Pauses {
  constructor(private readonly strategy: JetStreamStrategy) {}

  /** @throws Error that names the paused processors and the start times of their pauses */
  async ready(): Promise<void> {
    const { paused } = this.strategy;
    const list = paused.map(
      ({ processor, since }) => `${processor} has been paused since ${since.toISOString()}`,
    );
    if (list.length > 0) throw new Error(list.join(', '));
  }
}
