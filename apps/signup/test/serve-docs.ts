import { serveApiDocs } from '../src/api-docs.js';
import { startSignup } from './start-signup.js';

// Serves the documentation in another process, because Jest on Node 20 cannot load @fastify/static.
const [natsUrl, dataDir] = process.argv.slice(2);
const { url } = await startSignup({ NATS_URL: natsUrl, DATA_DIR: dataDir }, serveApiDocs);
console.log(url);
