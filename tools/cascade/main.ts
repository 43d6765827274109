import type { Checkout } from '../checkout.js';
import { cascade } from './cascade.js';
import { hostOf } from './host.js';

export const takesArguments = true;

/**
 * `node cascade …`. Exits when the output is written. If a server accepts the connection and never speaks NATS, the client's open
 * socket would keep the process alive.
 */
export async function main(checkout: Checkout): Promise<never> {
  const code = await cascade(checkout.args, hostOf(checkout));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(code);
}

/** Resolves when all earlier output has reached the pipe, file or terminal. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()));
}
