import { readConfig, startService } from '@cascade/service';
import { serveApiDocs } from './api-docs.js';
import { SignupConfig } from './signup-config.js';
import { SignupModule } from './signup.module.js';

const config = readConfig(SignupConfig);
await startService(SignupModule.forRoot(config), config, config.servesDocs ? serveApiDocs : undefined);
