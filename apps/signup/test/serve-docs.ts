import { serveApiDocs } from '../src/api-docs.js';
import { startSignup } from './start-signup.js';

/** Process of the specs of the documentation: Jest on Node 20 cannot load @fastify/static, which serves the page. */
const [natsUrl, dataDir] = process.argv.slice(2);
const { url } = await startSignup({ NATS_URL: natsUrl, DATA_DIR: dataDir }, serveApiDocs);
console.log(url);
