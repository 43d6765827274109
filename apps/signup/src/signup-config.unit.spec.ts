import { InvalidConfigError, readConfig } from '@cascade/service';
import { describe, expect, it } from '@jest/globals';
import { SignupConfig } from './signup-config.js';
import { KEYS_KEPT_FOR_MS } from './signups/idempotency.js';

describe('SignupConfig', () => {
  it('needs no environment', () => {
    expect(readConfig(SignupConfig, {})).toMatchObject({
      port: 3000,
      signupsPerMinute: 10,
      signupDays: 31,
      signupsKeptForMs: 31 * 24 * 60 * 60 * 1_000,
    });
  });

  it('serves the API documentation, but in production only if `serveDocs` is set', () => {
    const production = { NODE_ENV: 'production', DATA_DIR: '/data' };
    expect(readConfig(SignupConfig, {}).servesDocs).toBe(true);
    expect(readConfig(SignupConfig, { SERVE_DOCS: 'false' }).servesDocs).toBe(false);
    expect(readConfig(SignupConfig, production).servesDocs).toBe(false);
    expect(readConfig(SignupConfig, { ...production, SERVE_DOCS: 'true' }).servesDocs).toBe(true);
  });

  it('keeps a signup at least as long as its idempotency key', () => {
    expect(readConfig(SignupConfig, { SIGNUP_DAYS: '2' }).signupsKeptForMs).toBeGreaterThan(KEYS_KEPT_FOR_MS);
    for (const days of ['1', '0', '-31', '2.5']) {
      expect(() => readConfig(SignupConfig, { SIGNUP_DAYS: days })).toThrow(InvalidConfigError);
    }
    expect(() => readConfig(SignupConfig, { SIGNUP_DAYS: '1' })).toThrow(
      /SIGNUP_DAYS must be 2 or more, because idempotency keys are kept for a day/,
    );
  });

  it('refuses two databases, a negative limit and a misspelled name together', () => {
    const env = {
      DATABASE_URL: 'postgres://db/signup',
      DATA_DIR: '/data',
      SIGNUPS_PER_MINUTE: '-1',
      SIGNUPS_PER_MINUT: '5',
    };
    expect(() => readConfig(SignupConfig, env)).toThrow(InvalidConfigError);
    expect(() => readConfig(SignupConfig, env)).toThrow(
      /SIGNUPS_PER_MINUTE must not be less than 0[^]+DATABASE_URL and DATA_DIR exclude each other[^]+did you mean SIGNUPS_PER_MINUTE\?/,
    );
  });
});
