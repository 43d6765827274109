import { importPostgresCluster } from './postgres-cluster.mjs';

/**
 * Starts one PostgreSQL server for the run and tells the specs of it by TEST_DATABASE_URL. A server that is given by that
 * variable is used instead; where there is none, specs for both stores run on PGlite alone, except in CI, which fails.
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

/** They need no server, which takes most of a second to start. */
function onlyUnitSpecs(patterns) {
  return patterns.length > 0 && patterns.every((pattern) => /\.unit\b|\bunit\.spec/.test(pattern));
}
