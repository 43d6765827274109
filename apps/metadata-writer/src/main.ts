import { readConfig, startService } from '@cascade/service';
import { MetadataWriterConfig } from './metadata-writer-config.js';
import { MetadataWriterModule } from './metadata-writer.module.js';

const config = readConfig(MetadataWriterConfig);
await startService(MetadataWriterModule.forRoot(config), config);
