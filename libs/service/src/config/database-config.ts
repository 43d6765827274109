import { IsOptional, IsString, Matches } from 'class-validator';
import { ServiceConfig } from './service-config.js';

/** Environment of a service that has a database. Extend this class with the service's own variables. */
export class DatabaseConfig extends ServiceConfig {
  /** URL of a PostgreSQL server. Without a URL, the database is embedded and stored in `dataDir`. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, {
    message: 'databaseUrl must be a URL such as postgres://user:password@host:5432/database',
  })
  databaseUrl?: string;

  /** Folder of the embedded database. In production, either `dataDir` or `databaseUrl` must be set. */
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
        'DATABASE_URL and DATA_DIR exclude each other: set only one, because the database is either on a server or embedded',
      ];
    }
    if (nodeEnv === 'production' && databaseUrl === undefined && dataDir === undefined) {
      return [
        'DATABASE_URL must be set in production, or DATA_DIR to a folder on a volume: ' +
          'the default folder of the embedded database is lost with its container, together with its unpublished events',
      ];
    }
    return [];
  }
}
