import 'reflect-metadata';
import {
  NatsJetStreamClientProxy,
  NatsJetStreamRecordBuilder,
  NatsJetStreamServer,
  NatsJetStreamTransport,
} from '@nestjs-plugins/nestjs-nats-jetstream-transport';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

/**
 * The hop as the README of `nestjs-nats-jetstream-transport` describes it: publish with an id, wait for the PubAck, acknowledge.
 */
class Hop {
  constructor(client) {
    this.client = client;
  }

  async handle(user, context) {
    const id = `${context.message.info.streamSequence}`;
    const next = {
      userId: user.userId,
      channel: 'email',
      recipient: 'a**@example.com',
      providerMessageId: id,
      sentAt: new Date().toISOString(),
      text: user.about,
    };
    const record = new NatsJetStreamRecordBuilder(next);
    record.setMsgId(id);
    await lastValueFrom(this.client.emit('events.notification.sent', record.build()));
    context.message.ack();
  }
}

// Calls the decorators as functions, because this file is not compiled.
const handle = Object.getOwnPropertyDescriptor(Hop.prototype, 'handle');
EventPattern('events.user.signed-up')(Hop.prototype, 'handle', handle);
Payload()(Hop.prototype, 'handle', 0);
Ctx()(Hop.prototype, 'handle', 1);
Inject(NatsJetStreamClientProxy)(Hop, undefined, 0);
Controller()(Hop);

const connectionOptions = { servers: process.env.NATS_URL, name: 'peer' };

class App {}
Module({
  imports: [NatsJetStreamTransport.register({ connectionOptions })],
  controllers: [Hop],
})(App);

const strategy = new NatsJetStreamServer({
  connectionOptions,
  consumerOptions: {
    deliverGroup: 'hop-group',
    durable: 'hop',
    deliverTo: 'hop-messages',
    manualAck: true,
    maxAckPending: 1_000,
  },
});
const app = await NestFactory.createMicroservice(App, { strategy, logger: ['error', 'warn'] });
await app.listen();
