import { run } from '../bootstrap.mjs';

run('pack/pack.js');
