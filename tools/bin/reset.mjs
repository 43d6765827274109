import { run } from '../bootstrap.mjs';

run('supervisor/reset.js');
