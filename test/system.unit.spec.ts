import { afterEach, expect, it } from '@jest/globals';
import { ownEnvironment } from './system.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

it("The environment of a test system has none of the developer's own settings", () => {
  const settings = [
    'PORT',
    'HOST',
    'NATS_URL',
    'LOG_LEVEL',
    'TRUST_PROXY',
    'DATABASE_URL',
    'DATA_DIR',
    'DELIVERY_LOG_DAYS',
    'SERVE_DOCS',
    'EVENTS_MAX_AGE',
    'FAILURES_MAX_BYTES',
    'STREAM_REPLICAS',
    'STOP_TIMEOUT_MS',
    'SMTP_URL',
    'MAIL_FROM',
    'TWILIO_FROM',
    'SIGNUPS_PER_MINUTE',
    'SIGNUP_DAYS',
  ];
  for (const name of settings) process.env[name] = 'set';
  process.env['CASCADE_CACHE'] = '/cache';

  const environment = ownEnvironment();

  for (const name of settings) expect(environment).not.toHaveProperty(name);
  expect(environment).toMatchObject({ CASCADE_CACHE: '/cache', NODE_ENV: 'development' });
});
