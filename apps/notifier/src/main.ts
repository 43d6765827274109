import { readConfig, startService } from '@cascade/service';
import { NotifierConfig } from './notifier-config.js';
import { NotifierModule } from './notifier.module.js';

const config = readConfig(NotifierConfig);
await startService(NotifierModule.forRoot(config), config);
