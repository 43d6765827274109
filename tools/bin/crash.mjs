import { run } from '../bootstrap.mjs';

run('../test/crash/main.js');
