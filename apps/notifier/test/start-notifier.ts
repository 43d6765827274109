import { createService, readConfig } from '@cascade/service';
import { Store } from '@cascade/store';
import { databaseEnvironment, type TestDatabase } from '@cascade/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type * as schema from '../src/delivery-log/schema.js';
import { NotifierConfig } from '../src/notifier-config.js';
import { NotifierModule } from '../src/notifier.module.js';

export interface NotifierSurroundings {
  natsUrl: string;
  smtpUrl: string;
  database: TestDatabase;
}

/** Notifier that runs in the spec's process. */
export interface StartedNotifier {
  app: NestFastifyApplication;
  store: Store<typeof schema>;
  /** Requests `/health/ready`. */
  health(): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

export async function startNotifier({
  natsUrl,
  smtpUrl,
  database,
}: NotifierSurroundings): Promise<StartedNotifier> {
  const config = readConfig(NotifierConfig, {
    NATS_URL: natsUrl,
    SMTP_URL: smtpUrl,
    LOG_LEVEL: 'fatal',
    ...databaseEnvironment(database),
  });
  const app = await createService(NotifierModule.forRoot(config), config);
  await app.listen(0, '127.0.0.1');
  await app.startAllMicroservices();
  return {
    app,
    store: app.get<Store<typeof schema>>(Store),
    async health() {
      const response = await fetch(`${await app.getUrl()}/health/ready`);
      return { status: response.status, body: await response.json() };
    },
    stop: () => app.close(),
  };
}
