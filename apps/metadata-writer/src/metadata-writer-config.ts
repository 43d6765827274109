import { DatabaseConfig } from '@cascade/service';

/** What the metadata-writer reads from its environment. */
export class MetadataWriterConfig extends DatabaseConfig {
  override port: number = 3002;
}
