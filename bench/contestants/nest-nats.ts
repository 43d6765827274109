import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxy, ClientsModule, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { nextFieldsOf, SENT, SIGNED_UP, type SignedUp } from '../events.js';

const servers = process.env['NATS_URL']!;
let count = 0;

/** Nest's own NATS transport, which neither stores nor acknowledges events. A process that dies therefore loses its events. */
@Controller()
class Hop {
  constructor(@Inject('CLIENT') private readonly client: ClientProxy) {}

  @EventPattern<string>(SIGNED_UP)
  async handle(@Payload() user: SignedUp): Promise<void> {
    const next = nextFieldsOf(user, `hop-${++count}`);
    await lastValueFrom(this.client.emit(SENT, next), { defaultValue: undefined });
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'CLIENT', transport: Transport.NATS, options: { servers } }])],
  controllers: [Hop],
})
class HopModule {}

const app = await NestFactory.createMicroservice(HopModule, {
  transport: Transport.NATS,
  options: { servers },
  logger: ['error', 'warn'],
});
await app.listen();
process.send?.('ready');
