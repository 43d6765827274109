import { Injectable } from '@nestjs/common';
import { JetStreamConnection } from '../client/connection.js';
import { stallText } from '../client/publish-watch.js';

/**
 * The publishes of this process, as a check of its health: down while the broker has not confirmed one for 10 s, such as for a full
 * stream, a lost quorum or a limit of the account. A service stays ready then, and tells.
 */
@Injectable()
export class Publishes {
  constructor(private readonly connection: JetStreamConnection) {}

  /** @throws Error naming the streams that do not confirm, since when, and why */
  ready(): Promise<void> {
    const { stalled } = this.connection;
    if (stalled.length === 0) return Promise.resolve();
    return Promise.reject(new Error(stalled.map(stallText).join(', ')));
  }
}
