import type { Checkout } from '../checkout.js';
import { runSystem } from './run-system.js';

/** `npm start` */
export function main(checkout: Checkout): Promise<number> {
  return runSystem(checkout);
}
