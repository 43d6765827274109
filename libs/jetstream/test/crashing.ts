import { Consumes, JetStreamModule, JetStreamStrategy } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { Delivery } from '../src/settle/delivery.js';
import { OrderConfirmed, OrderPlaced } from './events.js';

/** Service that crashes on some orders while other orders are in flight. The service writes a line for each handled order. */
@Controller()
class Crashing {
  @Consumes(OrderPlaced, {
    processor: 'crashing',
    publishes: [OrderConfirmed],
    attempts: 2,
    ackWait: 1_000,
    backoff: 50,
    concurrency: 8,
  })
  async handle(@Payload() { orderId }: OrderPlaced): Promise<OrderConfirmed> {
    await sleep(50);
    if (orderId.startsWith('poison')) process.kill(process.pid, 'SIGKILL');
    await sleep(50);
    if (orderId.startsWith('bad')) throw new Error('this order is at fault');
    process.stdout.write(`${orderId}\n`);
    return new OrderConfirmed({ orderId });
  }
}

const [servers = '', death = ''] = process.argv.slice(2);
const die = () => void process.kill(process.pid, 'SIGKILL');
if (death === 'dies before term') Delivery.prototype.terminate = die;
if (death === 'dies before the ack of a replay') {
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { acknowledge } = Delivery.prototype;
  Delivery.prototype.acknowledge = function (this: Delivery) {
    if (this.replayId) die();
    else acknowledge.call(this);
  };
}
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
