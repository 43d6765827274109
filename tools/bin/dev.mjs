import { run } from '../bootstrap.mjs';

run('supervisor/dev.js');
