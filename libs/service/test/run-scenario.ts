import { UserSignedUp } from '@app/contracts';
import { Consumes, JetStreamConnection, JetStreamModule, JetStreamStrategy } from '@cascade/jetstream';
import type { Authenticator } from '@nats-io/transport-node';
import { Controller, Get, Post, Res, type DynamicModule } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { HealthModule, readConfig, ServiceConfig, startService } from '../src/index.js';

/** Configuration of the service processes in the specs. The first argument of this script names the scenario. */
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

@Controller()
class EndlessProcessor {
  @Consumes(UserSignedUp, { processor: 'endless' })
  async work(): Promise<void> {
    console.log('working');
    await new Promise(() => undefined);
  }
}

/**
 * Sends a response in parts. The whole response takes 2 s. A stopping service keeps a connection without a request for only 1 s.
 */
@Controller('story')
class StoryController {
  @Get()
  get(@Res() reply: FastifyReply): void {
    console.log('working');
    void reply.send(Readable.from(story()));
  }
}

async function* story(): AsyncGenerator<string> {
  for (let line = 1; line <= 10; line++) {
    yield `line ${line}\n`;
    await delay(200);
  }
}

@Controller()
class Recorder {
  @Consumes(UserSignedUp, { processor: 'recorder' })
  record(@Payload() user: UserSignedUp): void {
    console.log(`recorded ${user.name}`);
  }
}

@Controller('bodies')
class BodiesController {
  @Post()
  post(): void {
    console.log('has a body');
  }
}

/** Provider that takes 2 s to stop, like the relay of an outbox in the worst case. */
class SlowRelay {
  async beforeApplicationShutdown(): Promise<void> {
    await delay(2_000);
  }
}

class Stuck {
  async onModuleDestroy(): Promise<void> {
    await new Promise(() => undefined);
  }
}

class Root {}

/**
 * Creates an authenticator that returns the credentials only once, as if their file were removed after the service has connected.
 */
function credentialsOnce(): Authenticator {
  let asked = 0;
  return () => {
    if (asked++ > 0) throw new Error('the credentials file was removed');
    return { auth_token: 'from a file' };
  };
}

const scenarios: Record<string, (config: Config) => DynamicModule> = {
  plain: () => ({ module: Root }),
  slow: () => ({ module: Root, controllers: [SlowController] }),
  story: ({ natsUrl, drainTimeout }) => ({
    module: Root,
    imports: [
      JetStreamModule.forRoot({ source: 'scenario', servers: natsUrl, drainTimeout }),
      HealthModule.forRoot({ checks: { nats: JetStreamConnection, processors: JetStreamStrategy } }),
    ],
    controllers: [StoryController, BodiesController, Recorder],
  }),
  broker: ({ natsUrl }) => ({
    module: Root,
    imports: [
      JetStreamModule.forRoot({ source: 'scenario', servers: natsUrl }),
      HealthModule.forRoot({ checks: { nats: JetStreamConnection } }),
    ],
  }),
  closing: ({ natsUrl }) => ({
    module: Root,
    imports: [
      JetStreamModule.forRoot({
        source: 'scenario',
        servers: natsUrl,
        connection: { authenticator: credentialsOnce() },
      }),
      HealthModule.forRoot({ checks: { processors: JetStreamStrategy } }),
    ],
  }),
  endless: ({ natsUrl, drainTimeout }) => ({
    module: Root,
    imports: [JetStreamModule.forRoot({ source: 'scenario', servers: natsUrl, drainTimeout })],
    controllers: [EndlessProcessor],
    providers: [SlowRelay],
  }),
  stuck: () => ({ module: Root, providers: [Stuck] }),
  unmade: () => ({
    module: Root,
    providers: [
      {
        provide: 'unmade',
        useFactory: () => (console.log('waits'), new Promise(() => setInterval(() => undefined, 1_000))),
      },
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
