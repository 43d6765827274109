import { Controller, Logger, Module } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { UserSignedUp } from '@app/contracts';
import {
  Consumes,
  EventPublisher,
  failureChannelOf,
  FAILURES_STREAM,
  JetStreamModule,
  UnrecoverableError,
} from '@cascade/jetstream';
import type { Broker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { ServiceConfig } from '../config/service-config.js';
import { createService } from './create-service.js';

@Controller()
class RefusingProcessor {
  @Consumes(UserSignedUp, { processor: 'refuser' })
  refuse(@Payload() user: UserSignedUp): void {
    throw new UnrecoverableError(`no place for ${user.name}`);
  }
}

describe('a service with an event processor', () => {
  let broker: Broker;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    broker = await startTestBroker();
    @Module({
      imports: [JetStreamModule.forRoot({ source: 'test', servers: broker.url, publishes: [UserSignedUp] })],
      controllers: [RefusingProcessor],
    })
    class RefusingModule {}
    const config = Object.assign(new ServiceConfig(), { nodeEnv: 'test', logLevel: 'error' });
    app = await createService(RefusingModule, config);
    await app.listen(0, '127.0.0.1');
    await app.startAllMicroservices();
  });

  afterAll(async () => {
    await app.close();
    await broker.stop();
    Logger.overrideLogger(true);
  });

  it('leaves the error of a handler to the transport, which logs it once', async () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const user = new UserSignedUp({
      userId: '0197d5bb-3c5e-7c58-b0a5-6f3b1c8e2a11',
      email: 'ada@example.com',
      name: 'Ada',
      locale: 'en',
      signedUpAt: '2026-01-01T00:00:00Z',
    });
    await app.get(EventPublisher).publish(user);
    const failure = await eventually(() => lastFailure(failureChannelOf('refuser', 'user.signed-up')));
    expect(failure).toMatchObject({ reason: 'unrecoverable', error: { message: 'no place for Ada' } });
    const told = written.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('no place'));
    written.mockRestore();
    expect(told).toEqual([expect.stringMatching(/\[refuser\].*dead-lettered.*\n +at .*create-service/)]);
  });

  async function lastFailure(subject: string): Promise<unknown> {
    const connection = await connect({ servers: broker.url });
    try {
      const manager = await jetstreamManager(connection);
      const message = await manager.streams.getMessage(FAILURES_STREAM, { last_by_subj: subject });
      if (!message) throw new Error(`nothing on ${subject}`);
      return message.json();
    } finally {
      await connection.close();
    }
  }
});
