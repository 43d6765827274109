import { ServiceConfig } from '@app/service';
import { IsInt, IsOptional, IsString, Matches, Min } from 'class-validator';

/** What the signup service reads from its environment. */
export class SignupConfig extends ServiceConfig {
  override port: number = 3000;

  /** A PostgreSQL server. Without it the database is embedded, in `dataDir`. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, {
    message: 'databaseUrl must be a URL such as postgres://user:password@host:5432/signup',
  })
  databaseUrl?: string;

  /** Folder of the embedded database. Default `.data/signup`. */
  @IsOptional()
  @IsString()
  dataDir?: string;

  /** Signups that one address may post within a minute; 0 for as many as it likes. */
  @IsInt()
  @Min(0)
  signupsPerMinute: number = 10;

  contradictions(): string[] {
    if (this.databaseUrl === undefined || this.dataDir === undefined) return [];
    return ['DATABASE_URL and DATA_DIR exclude each other: the database is either on a server or embedded'];
  }
}
