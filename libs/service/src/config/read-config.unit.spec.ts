import { describe, expect, it } from '@jest/globals';
import {
  IsBoolean,
  IsEmail,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
} from 'class-validator';
import { InvalidConfigError } from './invalid-config-error.js';
import { readConfig } from './read-config.js';
import { ServiceConfig } from './service-config.js';

class MailConfig extends ServiceConfig {
  override port = 3009;

  @IsEmail()
  mailFrom!: string;

  @IsBoolean()
  mailDryRun: boolean = false;

  @IsNumber()
  @Min(0)
  @Max(1)
  mailSampleRate: number = 1;

  @IsInt()
  mailsPerMinute: number = 10;

  @IsOptional()
  @IsString()
  smtpUrl?: string;

  @IsOptional()
  @MinLength(20)
  mailToken?: string;

  override contradictions(): string[] {
    return this.mailDryRun && this.smtpUrl
      ? ['SMTP_URL is of no use with MAIL_DRY_RUN; set one of them.']
      : super.contradictions();
  }
}

const VALID = { MAIL_FROM: 'ada@example.com' };

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(MailConfig, env);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('returns the defaults if only the required variables are set', () => {
    expect(readConfig(MailConfig, VALID)).toEqual({
      nodeEnv: 'development',
      host: '127.0.0.1',
      port: 3009,
      natsUrl: 'nats://127.0.0.1:4222',
      logLevel: 'log',
      stopTimeoutMs: 10_000,
      stopDelayMs: 0,
      mailFrom: 'ada@example.com',
      mailDryRun: false,
      mailSampleRate: 1,
      mailsPerMinute: 10,
    });
  });

  it('converts text to the declared types', () => {
    const config = readConfig(MailConfig, {
      ...VALID,
      PORT: '0',
      MAIL_DRY_RUN: 'true',
      MAIL_SAMPLE_RATE: '0.25',
      SMTP_URL: '',
    });
    expect(config).toMatchObject({ port: 0, mailDryRun: true, mailSampleRate: 0.25 });
    expect(config.smtpUrl).toBeUndefined();
  });

  it.each([
    ['PORT', '3000x', 'PORT must be a number, found "3000x"'],
    ['PORT', ' 3000', 'PORT must be a number, found " 3000"'],
    ['PORT', '0x50', 'PORT must be a number, found "0x50"'],
    ['PORT', '65536', 'PORT must not be greater than 65535, found "65536"'],
    ['PORT', '80.5', 'PORT must be an integer number, found "80.5"'],
    ['MAIL_DRY_RUN', 'yes', 'MAIL_DRY_RUN must be true or false, found "yes"'],
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL must be one of the following values: fatal, error, warn, log, debug, verbose, found "loud"',
    ],
  ])('refuses %s=%s', (name, value, fault) => {
    expect(faultsOf({ ...VALID, [name]: value })).toEqual([fault]);
  });

  it.each(['nats://broker:4222', 'tls://a:4222,nats://user:secret@b:4222'])('accepts NATS_URL=%s', (url) => {
    expect(readConfig(MailConfig, { ...VALID, NATS_URL: url }).natsUrl).toBe(url);
  });

  it('lists all faults together', () => {
    const faults = faultsOf({
      PORT: 'many',
      NATS_ULR: 'nats://localhost:4222',
      MAIL_DRY_RUN: 'true',
      SMTP_URL: 'smtp://localhost',
    });
    expect(faults).toEqual([
      'PORT must be a number, found "many"',
      'MAIL_FROM is missing',
      'SMTP_URL is of no use with MAIL_DRY_RUN; set one of them.',
      'NATS_ULR is not known; did you mean NATS_URL?',
    ]);
    expect(new InvalidConfigError(faults).message).toContain('4 faults:\n  - PORT must be');
  });

  it.each([
    ['5001', '10000', 'STOP_TIMEOUT_MS must be 10001 or more'],
    ['0', '4999', 'STOP_TIMEOUT_MS must not be less than 5000'],
  ])('refuses a stop that would end within its delay of %s ms: %s ms', (delay, timeout, fault) => {
    const env = { ...VALID, STOP_DELAY_MS: delay, STOP_TIMEOUT_MS: timeout };
    expect(faultsOf(env)[0]).toContain(fault);
    expect(faultsOf({ ...env, STOP_TIMEOUT_MS: '10001' })).toEqual([]);
  });

  it('prints no value of a variable that may contain a secret', () => {
    const faults = faultsOf({
      ...VALID,
      MAIL_TOKEN: 'hunter2',
      NATS_URL: 'user:hunter2@broker',
      NATS_ULR: 'hunter2',
    });
    expect(faults).toEqual([
      'MAIL_TOKEN must be longer than or equal to 20 characters',
      'NATS_URL must be a URL such as nats://127.0.0.1:4222, or several separated by commas',
      'NATS_ULR is not known; did you mean NATS_URL?',
    ]);
  });
});
