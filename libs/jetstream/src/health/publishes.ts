import { Injectable } from '@nestjs/common';
import { JetStreamConnection } from '../client/connection.js';
import { stallText } from '../client/publish-watch.js';

/**
 * Health check that reports stalled streams. A stream is stalled if a publish of this process has stayed unconfirmed for 10 s or
 * more. The reason may be a full stream, a lost quorum or a limit of the account. The service stays ready during such a stall.
 */
@Injectable()
export class Publishes {
  constructor(private readonly connection: JetStreamConnection) {}

  /** @throws Error that names the streams that do not confirm publishes, with the start time and the cause of each stall */
  async ready(): Promise<void> {
    const { stalled } = this.connection;
    if (stalled.length > 0) throw new Error(stalled.map(stallText).join(', '));
  }
}
