import { importPostgresCluster } from './postgres-cluster.mjs';

/**
 * Starts one PostgreSQL server for the run and sets TEST_DATABASE_URL to its address. If the variable is already set, the server
 * at that address is used. Without PostgreSQL, specs for both stores run only on PGlite. In CI, the run fails instead.
 */
export default async function startPostgresForSpecs({ testPathPatterns }) {
  if (process.env.TEST_DATABASE_URL || onlyUnitSpecs(testPathPatterns.patterns)) return;
  const { findPostgres, startPostgres } = await importPostgresCluster();
  const programs = findPostgres();
  if (programs) {
    globalThis.postgresForSpecs = await startPostgres(programs);
    process.env.TEST_DATABASE_URL = globalThis.postgresForSpecs.url;
  } else {
    const missing =
      'No PostgreSQL for the specs: no initdb on PATH or in /usr/lib/postgresql, no TEST_DATABASE_URL.';
    if (process.env.CI) throw new Error(`${missing} CI must have one of them.`);
    console.error(`${missing} The stores are tested on PGlite alone.`);
  }
}

/** Returns true if only unit specs run. Unit specs need no server, and starting a server takes almost a second. */
function onlyUnitSpecs(patterns) {
  return patterns.length > 0 && patterns.every((pattern) => /\.unit\b|\bunit\.spec/.test(pattern));
}
