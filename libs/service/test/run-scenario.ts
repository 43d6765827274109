import { JetStreamConnection, JetStreamModule } from '@app/jetstream';
import { Controller, Get, type DynamicModule } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { HealthModule, readConfig, ServiceConfig, startService } from '../src/index.js';

/** Process of the specs of `startService`: the main file of a service, with the module that its first argument names. */
class Config extends ServiceConfig {
  override port: number = 0;
}

@Controller('slow')
class SlowController {
  @Get()
  async get(): Promise<{ done: true }> {
    console.log('working');
    await delay(500);
    return { done: true };
  }
}

class Root {}

const scenarios: Record<string, (config: Config) => DynamicModule> = {
  plain: () => ({ module: Root }),
  slow: () => ({ module: Root, controllers: [SlowController] }),
  broker: ({ natsUrl }) => ({
    module: Root,
    imports: [
      JetStreamModule.forRoot({ source: 'scenario', servers: natsUrl }),
      HealthModule.forRoot({ checks: { nats: JetStreamConnection } }),
    ],
  }),
  mistake: () => ({
    module: Root,
    providers: [
      {
        provide: 'mistake',
        useFactory: () => {
          throw new TypeError('a mistake');
        },
      },
    ],
  }),
  exception: () => {
    setTimeout(() => {
      throw new Error('slipped through');
    }, 100);
    return { module: Root };
  },
  rejection: () => {
    setTimeout(() => void Promise.reject(new Error('slipped through')), 100);
    return { module: Root };
  },
};

const config = readConfig(Config);
await startService(scenarios[process.argv[2]!]!(config), config);
