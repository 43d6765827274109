import { describe, expect, it } from '@jest/globals';
import { type InvalidConfigError, readConfig } from '@cascade/service';
import { NotifierConfig } from './notifier-config.js';

const TWILIO = { TWILIO_ACCOUNT_SID: 'AC42', TWILIO_AUTH_TOKEN: 'top-secret', TWILIO_FROM: '+15005550006' };

describe('NotifierConfig', () => {
  it('needs no variables in development', () => {
    const config = readConfig(NotifierConfig, {});

    expect(config).toMatchObject({
      port: 3001,
      smtpUrl: 'smtp://127.0.0.1:1025',
      twilio: undefined,
      daysOfDeliveries: 31,
    });
    expect(config.sender).toEqual({ name: 'Cascade', address: 'welcome@cascade.localhost' });
  });

  it('reads the settings for e-mail and text messages', () => {
    const config = readConfig(NotifierConfig, {
      SMTP_URL: 'smtps://cascade:p%40ss@mail.example.com:465/?name=notifier',
      MAIL_FROM: '"Cascade, Inc." <welcome@example.com>',
      ...TWILIO,
      TWILIO_BASE_URL: 'http://127.0.0.1:4010',
    });

    expect(config.sender).toEqual({ name: 'Cascade, Inc.', address: 'welcome@example.com' });
    expect(config.twilio).toEqual({
      accountSid: 'AC42',
      authToken: 'top-secret',
      from: '+15005550006',
      baseUrl: 'http://127.0.0.1:4010',
    });
  });

  it('refuses two databases together with all other faults', () => {
    const DATABASE_URL = 'postgres://notifier:top-secret@127.0.0.1:5432/notifier';

    expect(faultsOf({ DATABASE_URL, DATA_DIR: 'data', TWILIO_FROM: '+15005550006' })).toEqual([
      expect.stringContaining('DATABASE_URL and DATA_DIR exclude each other'),
      expect.stringContaining('Twilio is set up only in part'),
    ]);
  });

  it('keeps deliveries longer than the streams keep events by default, and always longer than EVENTS', () => {
    const daysOf = (env: NodeJS.ProcessEnv) => readConfig(NotifierConfig, env).daysOfDeliveries;
    expect(daysOf({ DELIVERY_LOG_DAYS: '8' })).toBe(8);
    expect(daysOf({ EVENTS_MAX_AGE: '60d' })).toBe(61);
    expect(daysOf({ EVENTS_MAX_AGE: '36h', FAILURES_MAX_AGE: '36h' })).toBe(2);
    expect(daysOf({ FAILURES_MAX_AGE: '90d' })).toBe(91);
    expect(faultsOf({ DELIVERY_LOG_DAYS: '7' })).toEqual([
      'DELIVERY_LOG_DAYS must be 8 or more: longer than EVENTS keeps an event and may deliver it again (EVENTS_MAX_AGE), found 7',
    ]);
    expect(faultsOf({ DELIVERY_LOG_DAYS: '31', EVENTS_MAX_AGE: '60d' })).toEqual([
      expect.stringMatching(/^DELIVERY_LOG_DAYS must be 61 or more: .* found 31$/),
    ]);
  });

  it('lists what is missing if Twilio is set up only in part', () => {
    expect(faultsOf({ TWILIO_ACCOUNT_SID: 'AC42' })).toEqual([
      expect.stringContaining('set TWILIO_AUTH_TOKEN, TWILIO_FROM too'),
    ]);
    expect(faultsOf({ TWILIO_BASE_URL: 'https://twilio.example.com' })).toEqual([
      expect.stringContaining('set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM too'),
    ]);
  });

  it('needs Twilio in production, because a text in a mail catcher would be lost', () => {
    const production = { NODE_ENV: 'production', DATA_DIR: '/data' };
    expect(faultsOf(production)).toEqual([
      expect.stringMatching(/^TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM must be set in production/),
    ]);
    expect(faultsOf({ ...production, ...TWILIO })).toEqual([]);
  });

  it.each([
    ['SMTP_URL', 'http://127.0.0.1:1025'],
    ['SMTP_URL', '127.0.0.1:1025'],
    ['MAIL_FROM', 'Cascade'],
    ['MAIL_FROM', 'welcome@example.com, eve@example.com'],
    ['MAIL_FROM', 'team: welcome@example.com;'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} must be`)]);
  });

  it.each([
    ['TWILIO_ACCOUNT_SID', 'SK42'],
    ['TWILIO_FROM', 'a name that is too long'],
    ['TWILIO_BASE_URL', 'https://AC42:top-secret@api.twilio.com'],
    ['TWILIO_AUTH_TOKN', 'top-secret'],
  ])('refuses %s=%s, and shows no credential', (name, value) => {
    const faults = faultsOf({ ...TWILIO, [name]: value });

    expect(faults).toEqual([expect.stringContaining(name)]);
    expect(faults.join()).not.toContain('top-secret');
  });
});

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(NotifierConfig, env);
    return [];
  } catch (error) {
    return (error as InvalidConfigError).faults;
  }
}
