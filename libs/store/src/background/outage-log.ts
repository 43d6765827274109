import type { Logger } from '@nestjs/common';

/** Logs the start and the end of an outage, but not the failed attempts in between. */
export class OutageLog {
  private lasts = false;

  /** @param recovery Message that is logged when the outage ends. */
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
