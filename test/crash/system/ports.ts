import { PortClaims } from '../../../tools/supervisor/process/port-claims.js';

/** Port claims of this process. A killed part starts again at its port, so the port stays claimed. */
const claims = new PortClaims();

export function claimPort(): Promise<number> {
  return claims.claim(0);
}
