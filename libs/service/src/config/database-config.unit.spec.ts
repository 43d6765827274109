import { describe, expect, it } from '@jest/globals';
import { DatabaseConfig } from './database-config.js';
import { InvalidConfigError } from './invalid-config-error.js';
import { readConfig } from './read-config.js';

class LedgerConfig extends DatabaseConfig {
  override port = 3009;
}

const DATABASE_URL = 'postgres://ledger:top-secret@db:5432/ledger';

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(LedgerConfig, env);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.faults;
    throw error;
  }
}

describe('the configuration of a service with a database', () => {
  it('needs no variable in development, and accepts a server or a folder', () => {
    expect(readConfig(LedgerConfig, {})).toMatchObject({ port: 3009 });
    expect(readConfig(LedgerConfig, { DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
    expect(readConfig(LedgerConfig, { DATA_DIR: '/data' }).dataDir).toBe('/data');
  });

  it('refuses a server together with a folder', () => {
    expect(faultsOf({ DATABASE_URL, DATA_DIR: '/data' })).toEqual([
      expect.stringContaining('DATABASE_URL and DATA_DIR exclude each other'),
    ]);
  });

  it('refuses a URL that does not belong to PostgreSQL, and shows no password', () => {
    const faults = faultsOf({ DATABASE_URL: 'mysql://ledger:top-secret@db/x' });
    expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL must be a URL such as postgres:/)]);
    expect(faults.join()).not.toContain('top-secret');
  });

  it('needs a server or a folder in production, because the default folder is lost with its container', () => {
    const NODE_ENV = 'production';
    expect(faultsOf({ NODE_ENV })).toEqual([
      expect.stringMatching(/^DATABASE_URL must be set in production, or DATA_DIR /),
    ]);
    expect(faultsOf({ NODE_ENV, DATABASE_URL })).toEqual([]);
    expect(faultsOf({ NODE_ENV, DATA_DIR: '/data' })).toEqual([]);
  });
});
