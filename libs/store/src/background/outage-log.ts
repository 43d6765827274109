import type { Logger } from '@nestjs/common';

/** Logs an outage when it begins and when it ends, and none of the attempts in between. */
export class OutageLog {
  private lasts = false;

  /** @param recovery Logged when the outage ends. */
  constructor(
    private readonly logger: Logger,
    private readonly recovery: string,
  ) {}

  begin(message: string): void {
    if (!this.lasts) this.logger.error(message);
    this.lasts = true;
  }

  end(): void {
    if (this.lasts) this.logger.log(this.recovery);
    this.lasts = false;
  }
}
