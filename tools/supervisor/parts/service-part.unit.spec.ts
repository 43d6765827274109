import { describe, expect, it } from '@jest/globals';
import { databaseUrlOf, environmentOf } from './service-part.js';

const addresses = {
  broker: () => Promise.resolve('nats://127.0.0.1:4223'),
  mail: () => Promise.resolve('smtp://127.0.0.1:1026'),
  databases: undefined,
};
const plain = { name: 'metadata-writer', port: 3002, sendsMail: false, hasDatabase: true };
const mailing = { name: 'notifier', port: 3001, sendsMail: true, hasDatabase: true };

describe('The environment of a service', () => {
  it('has its port, and the addresses of broker and database', async () => {
    expect(await environmentOf(plain, 3005, { env: {}, addresses, dataDir: '/data' })).toEqual({
      PORT: '3005',
      NATS_URL: 'nats://127.0.0.1:4223',
      DATA_DIR: '/data/metadata-writer',
    });
  });

  it('has the mail server if the service sends mail', async () => {
    const env = await environmentOf(mailing, 3001, { env: {}, addresses, dataDir: '/data' });
    expect(env['SMTP_URL']).toBe('smtp://127.0.0.1:1026');
  });

  it('has no database if the service stores no data', async () => {
    const keepless = { ...plain, hasDatabase: false };
    const databases = () => Promise.resolve('postgres://db/cascade');
    for (const given of [addresses, { ...addresses, databases }]) {
      const env = await environmentOf(keepless, 3003, { env: {}, addresses: given, dataDir: '/data' });
      expect(Object.keys(env)).toEqual(['PORT', 'NATS_URL']);
    }
  });

  it('names a separate database on a server', async () => {
    const databases = () => Promise.resolve('postgres://db/cascade');
    const env = await environmentOf(plain, 3002, {
      env: {},
      addresses: { ...addresses, databases },
      dataDir: '/data',
    });
    expect(env['DATABASE_URL']).toBe('postgres://db/cascade_metadata_writer');
    expect(env).not.toHaveProperty('DATA_DIR');
  });

  it('inherits the variables for services, and none for the supervisor', async () => {
    const env = {
      LOG_LEVEL: 'debug',
      TWILIO_FROM: '+14155550123',
      PORT: '80',
      NATS_URL: 'nats://elsewhere',
      NATS_SERVER_MIRROR: 'https://mirror',
      SMTP_URL: 'smtp://elsewhere',
      DATA_DIR: '/elsewhere',
      DATABASE_URL: 'postgres://elsewhere',
    };
    const result = await environmentOf(plain, 3002, { env, addresses, dataDir: '/data' });
    expect(Object.keys(result).sort()).toEqual(['DATA_DIR', 'LOG_LEVEL', 'NATS_URL', 'PORT', 'TWILIO_FROM']);
    expect(Object.values(result).join()).not.toMatch(/elsewhere|mirror|\b80\b/);
  });
});

describe('The database of a service', () => {
  it.each([
    ['postgres://db/cascade', 'postgres://db/cascade_metadata_writer'],
    [
      'postgres://me:p%40ss@db:5433/cascade?sslmode=require',
      'postgres://me:p%40ss@db:5433/cascade_metadata_writer?sslmode=require',
    ],
    ['postgres://db', 'postgres://db/cascade_metadata_writer'],
    ['postgres://db/', 'postgres://db/cascade_metadata_writer'],
  ])('of %s is %s', (server, database) => {
    expect(databaseUrlOf(server, 'metadata-writer')).toBe(database);
  });
});
