import { DatabaseConfig } from '@cascade/service';
import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';

/** What the signup service reads from its environment. */
export class SignupConfig extends DatabaseConfig {
  override port: number = 3000;

  /** Signups that one address may post within a minute; 0 for as many as it likes. */
  @IsInt()
  @Min(0)
  signupsPerMinute: number = 10;

  /** Whether `/docs` is served. Default true, in production false. */
  @IsOptional()
  @IsBoolean()
  serveDocs?: boolean;

  get servesDocs(): boolean {
    return this.serveDocs ?? this.nodeEnv !== 'production';
  }
}
