import { run } from '../bootstrap.mjs';

run('supervisor/start.js');
