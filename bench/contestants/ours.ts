import { Consumes, EventContext, JetStreamModule } from '@cascade/jetstream';
import { HealthModule, readConfig, ServiceConfig, startService } from '@cascade/service';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextFieldsOf, Sent, SignedUp } from '../events.js';

class ProcessorConfig extends ServiceConfig {
  override port: number = 0;
}

const { takes = 0, ...options } = JSON.parse(process.env['BENCH'] ?? '{}') as {
  concurrency?: number;
  /** Time that the handler takes for each event, in milliseconds. Default: 0. */
  takes?: number;
};

/** The hop as a processor of a service, written as in an app. */
@Controller()
class Hop {
  @Consumes(SignedUp, { processor: 'hop', publishes: [Sent], ...options })
  async handle(@Payload() user: SignedUp, @Ctx() { eventId }: EventContext): Promise<Sent> {
    if (takes > 0) await sleep(takes);
    return new Sent(nextFieldsOf(user, eventId));
  }
}

const config = readConfig(ProcessorConfig);
const module = {
  module: class HopModule {},
  imports: [
    JetStreamModule.forRoot({ source: 'hop', servers: config.natsUrl }),
    HealthModule.forRoot({ checks: {} }),
  ],
  controllers: [Hop],
};
await startService(module, config);
