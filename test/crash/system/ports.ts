import { PortClaims } from '../../../tools/supervisor/process/port-claims.js';

/** One for the process: a part that was killed comes back at its port, which so stays claimed meanwhile. */
const claims = new PortClaims();

export function claimPort(): Promise<number> {
  return claims.claim(0);
}
