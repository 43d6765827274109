import { run } from './tools/bootstrap.mjs';

run('cascade/main.js');
