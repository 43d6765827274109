import type { Checkout } from '../checkout.js';
import { cascade } from './cascade.js';
import { hostOf } from './host.js';

export const takesArguments = true;

/** `node cascade …` */
export async function main(checkout: Checkout): Promise<number> {
  return cascade(checkout.args, hostOf(checkout));
}
