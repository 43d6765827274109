import { afterEach, expect, it } from '@jest/globals';
import { ownEnvironment } from './system.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

it("The environment of a test system has none of the developer's own settings", () => {
  const settings = {
    ...{
      PORT: '3000',
      HOST: '0.0.0.0',
      NATS_URL: 'nats://10.0.0.1',
      LOG_LEVEL: 'debug',
      TRUST_PROXY: '10.0.0.1',
    },
    ...{
      DATABASE_URL: 'postgres://10.0.0.1/shop',
      DATA_DIR: '/data',
      DELIVERY_LOG_DAYS: '9',
      SERVE_DOCS: 'false',
    },
    ...{ EVENTS_MAX_AGE: '1d', FAILURES_MAX_BYTES: '1MiB', STREAM_REPLICAS: '3', STOP_TIMEOUT_MS: '60000' },
    ...{
      SMTP_URL: 'smtp://10.0.0.1',
      MAIL_FROM: 'a@b.c',
      TWILIO_FROM: '+1415',
      SIGNUPS_PER_MINUTE: '1',
      SIGNUP_DAYS: '2',
    },
  };
  Object.assign(process.env, settings, { CASCADE_CACHE: '/cache' });

  const environment = ownEnvironment();

  for (const name of Object.keys(settings)) expect(environment).not.toHaveProperty(name);
  expect(environment).toMatchObject({ CASCADE_CACHE: '/cache', NODE_ENV: 'development' });
});
