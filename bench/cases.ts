import { cost } from './cases/cost.js';
import { flow } from './cases/flow.js';
import { hop } from './cases/hop.js';
import { outbox } from './cases/outbox.js';
import { publish } from './cases/publish.js';
import { scale, wait20 } from './cases/scale.js';
import { signup } from './cases/signup.js';
import { start } from './cases/start.js';
import type { Case } from './round.js';

export const CASES: readonly Case[] = [hop, publish, outbox, signup, flow, scale, wait20, cost, start];
