import { run } from '../bootstrap.mjs';

run('test/test.js');
