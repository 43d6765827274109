import { DatabaseConfig } from '@cascade/service';
import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { KEYS_KEPT_FOR_MS } from './signups/idempotency.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * Minimum number of days for which a signup is kept. A signup is kept at least a day longer than its idempotency key, because the
 * response to a known key contains the signup's ids.
 */
const MIN_SIGNUP_DAYS = KEYS_KEPT_FOR_MS / DAY_MS + 1;

/** Environment of the signup service. */
export class SignupConfig extends DatabaseConfig {
  override port: number = 3000;

  /** Maximum number of signups that one client may post per minute (see `clientNetwork`); 0 for no limit. */
  @IsInt()
  @Min(0)
  signupsPerMinute: number = 10;

  /** Number of days for which a signup is kept and can be read. The minimum is 2. */
  @IsInt()
  @Min(MIN_SIGNUP_DAYS, {
    message: `signupDays must be ${MIN_SIGNUP_DAYS} or more, because idempotency keys are kept for a day, and need their signup`,
  })
  signupDays: number = 31;

  /** True to serve `/docs`. Default true, but false in production. */
  @IsOptional()
  @IsBoolean()
  serveDocs?: boolean;

  get signupsKeptForMs(): number {
    return this.signupDays * DAY_MS;
  }

  get servesDocs(): boolean {
    return this.serveDocs ?? this.nodeEnv !== 'production';
  }
}
