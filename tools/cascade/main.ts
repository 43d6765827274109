import type { Checkout } from '../checkout.js';
import { cascade } from './cascade.js';
import { hostOf } from './host.js';

export const takesArguments = true;

/**
 * Runs `node cascade …`, and exits when the output is written. If a server accepts the connection but never speaks NATS, the
 * client's socket stays open. Without the explicit exit, this socket would keep the process alive.
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
