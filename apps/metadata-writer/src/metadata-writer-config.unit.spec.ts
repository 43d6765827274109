import { describe, expect, it } from '@jest/globals';
import { type InvalidConfigError, readConfig } from '@app/service';
import { MetadataWriterConfig } from './metadata-writer-config.js';

describe('MetadataWriterConfig', () => {
  it('needs nothing set', () => {
    expect(readConfig(MetadataWriterConfig, {})).toMatchObject({ port: 3002 });
  });

  it('takes a server or a folder, and refuses both at once', () => {
    const DATABASE_URL = 'postgres://writer:top-secret@127.0.0.1:5432/metadata_writer';

    expect(readConfig(MetadataWriterConfig, { DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
    expect(readConfig(MetadataWriterConfig, { DATA_DIR: 'data' }).dataDir).toBe('data');
    expect(faultsOf({ DATABASE_URL, DATA_DIR: 'data' })).toEqual([
      expect.stringContaining('DATABASE_URL and DATA_DIR exclude each other'),
    ]);
  });

  it('refuses a database that is no PostgreSQL server, and shows no password', () => {
    const faults = faultsOf({ DATABASE_URL: 'mysql://writer:top-secret@127.0.0.1/x' });

    expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL must be a URL such as postgres:/)]);
    expect(faults.join()).not.toContain('top-secret');
  });
});

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(MetadataWriterConfig, env);
    return [];
  } catch (error) {
    return (error as InvalidConfigError).faults;
  }
}
