import { DatabaseConfig } from '@app/service';
import { IsInt, Min } from 'class-validator';

/** What the signup service reads from its environment. */
export class SignupConfig extends DatabaseConfig {
  override port: number = 3000;

  /** Signups that one address may post within a minute; 0 for as many as it likes. */
  @IsInt()
  @Min(0)
  signupsPerMinute: number = 10;
}
