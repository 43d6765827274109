import { ServiceConfig } from '@app/service';
import { IsOptional, IsString, Matches } from 'class-validator';

/** What the metadata-writer reads from its environment. */
export class MetadataWriterConfig extends ServiceConfig {
  override port: number = 3002;

  /** A PostgreSQL server. Without it the database is embedded, in `dataDir`. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, {
    message: 'databaseUrl must be a URL such as postgres://user:password@host:5432/metadata_writer',
  })
  databaseUrl?: string;

  /** Folder of the embedded database. Default `.data/metadata-writer`. */
  @IsOptional()
  @IsString()
  dataDir?: string;

  contradictions(): string[] {
    if (this.databaseUrl === undefined || this.dataDir === undefined) return [];
    return [
      'DATABASE_URL and DATA_DIR exclude each other: set one, for the database is either on a server or embedded',
    ];
  }
}
