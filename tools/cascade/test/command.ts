import 'reflect-metadata';
import { cascade } from '../cascade.js';
import { hostWith } from './session.js';

// `node cascade …` as a process, from its source: for a spec that limits what the process may do.
const { stdout, stderr, env } = process;
process.exitCode = await cascade(process.argv.slice(2), hostWith({ env }, { stdout, stderr }));
