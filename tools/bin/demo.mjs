import { run } from '../bootstrap.mjs';

run('demo/demo.js');
