import { findPostgres, startPostgres } from '../src/databases/postgres-cluster.js';

// Starts a server, prints its URL, and runs until it is killed.
const { url } = await startPostgres(findPostgres() ?? '');
console.log(url);
