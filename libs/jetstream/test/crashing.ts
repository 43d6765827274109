import { Consumes, JetStreamModule, JetStreamStrategy } from '@app/jetstream';
import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { OrderPlaced } from './events.js';

/** A service that one order ends, while others are in hand. It writes a line for each order that it has handled. */
@Controller()
class Crashing {
  @Consumes(OrderPlaced, { processor: 'crashing', attempts: 2, ackWait: 1_000 })
  async handle(@Payload() { orderId }: OrderPlaced): Promise<void> {
    await sleep(50);
    if (orderId === 'poison') process.kill(process.pid, 'SIGKILL');
    await sleep(50);
    process.stdout.write(`${orderId}\n`);
  }
}

const [servers = ''] = process.argv.slice(2);
const application = await NestFactory.createMicroservice(
  {
    module: class CrashingModule {},
    imports: [JetStreamModule.forRoot({ source: 'crashing', servers })],
    controllers: [Crashing],
  },
  {
    logger: false,
    inject: [JetStreamStrategy],
    useFactory: (strategy: JetStreamStrategy) => ({ strategy }),
  },
);
await application.listen();
