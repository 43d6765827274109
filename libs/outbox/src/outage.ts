import type { Logger } from '@nestjs/common';

/** Tells of an outage as it begins and as it ends, not of every try in between. */
export class Outage {
  private lasts = false;

  /** @param recovery What to say when it is over. */
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
