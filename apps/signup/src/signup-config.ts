import { DatabaseConfig } from '@cascade/service';
import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { KEYS_KEPT_FOR_MS } from './signups/idempotency.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** One day more than idempotency keys are kept: a key must not outlive its signup, which is the answer. */
const MIN_SIGNUP_DAYS = KEYS_KEPT_FOR_MS / DAY_MS + 1;

/** Environment of the signup service. */
export class SignupConfig extends DatabaseConfig {
  override port: number = 3000;

  /** Signups that one address may post per minute. 0 for no limit. */
  @IsInt()
  @Min(0)
  signupsPerMinute: number = 10;

  /** Days for which a signup is kept and can be read. At least 2. */
  @IsInt()
  @Min(MIN_SIGNUP_DAYS, {
    message: `signupDays must be ${MIN_SIGNUP_DAYS} or more, because idempotency keys are kept for a day, and need their signup`,
  })
  signupDays: number = 31;

  /** True serves `/docs`. Default true, in production false. */
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
