import { DatabaseConfig } from '@cascade/service';

/** Environment of the metadata-writer. */
export class MetadataWriterConfig extends DatabaseConfig {
  override port: number = 3002;
}
