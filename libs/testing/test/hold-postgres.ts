import { findPostgres, startPostgres } from '../src/databases/postgres-cluster.js';

// Starts a server, prints its URL, and runs until this process is killed.
const { url } = await startPostgres(findPostgres() ?? '');
console.log(url);
