import { readConfig } from '@cascade/service';
import { runService, startServiceProcess } from '@cascade/testing';
import { describeRecording } from '../test/describe-recording.js';
import { MetadataWriterConfig } from './metadata-writer-config.js';
import { MetadataWriterModule } from './metadata-writer.module.js';

describeRecording('in the process of the test', (env) => {
  const config = readConfig(MetadataWriterConfig, env);
  return runService(MetadataWriterModule.forRoot(config), config);
});

describeRecording('in its own process', (env) =>
  startServiceProcess(new URL('./main.ts', import.meta.url), env),
);
