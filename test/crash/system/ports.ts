import { PortClaims } from '../../../tools/supervisor/process/port-claims.js';

/** Port claims of this process. A port stays claimed after a kill, because the killed part restarts on the same port. */
const claims = new PortClaims();

export function claimPort(): Promise<number> {
  return claims.claim(0);
}
