import type { Logger } from '@nestjs/common';

/** Logs the beginning and the end of an outage, and no attempt in between. */
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
