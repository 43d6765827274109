import type { Checkout } from '../checkout.js';
import { cascade } from './cascade.js';
import { hostOf } from './host.js';

export const takesArguments = true;

/**
 * `node cascade …`. It ends the process by itself once the output is out: a server that takes the connection and never says
 * that it is a broker leaves the client of NATS with an open socket, which would keep the process.
 */
export async function main(checkout: Checkout): Promise<never> {
  const code = await cascade(checkout.args, hostOf(checkout));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(code);
}

/** Resolves once everything that was written before has reached the pipe, file or terminal. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()));
}
