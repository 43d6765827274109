import 'reflect-metadata';
import { cascade } from '../cascade.js';
import { hostWith } from './session.js';

// Runs `node cascade …` from its source, for a spec that limits the resources of the process.
const { stdout, stderr, env } = process;
process.exitCode = await cascade(process.argv.slice(2), hostWith({ env }, { stdout, stderr }));
