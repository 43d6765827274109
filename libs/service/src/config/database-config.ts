import { IsOptional, IsString, Matches } from 'class-validator';
import { ServiceConfig } from './service-config.js';

/** What a service that keeps data reads from its environment. Extend it with the service's own variables. */
export class DatabaseConfig extends ServiceConfig {
  /** A PostgreSQL server. Without it the database is embedded, in `dataDir`. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, {
    message: 'databaseUrl must be a URL such as postgres://user:password@host:5432/database',
  })
  databaseUrl?: string;

  /** Folder of the embedded database. Must be named in production. */
  @IsOptional()
  @IsString()
  dataDir?: string;

  override contradictions(): string[] {
    return [...super.contradictions(), ...this.databaseContradictions()];
  }

  private databaseContradictions(): string[] {
    const { databaseUrl, dataDir, nodeEnv } = this;
    if (databaseUrl !== undefined && dataDir !== undefined) {
      return [
        'DATABASE_URL and DATA_DIR exclude each other: set one, for the database is either on a server or embedded',
      ];
    }
    if (nodeEnv === 'production' && databaseUrl === undefined && dataDir === undefined) {
      return [
        'DATABASE_URL must be set in production, or DATA_DIR to a folder on a volume: ' +
          "the embedded database's default folder is lost with its container, and so is what waits there to be published",
      ];
    }
    return [];
  }
}
