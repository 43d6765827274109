import { PortClaims } from '../../../tools/supervisor/process/port-claims.js';

/** Port claims of this process. A port stays claimed after a kill, so that the killed part can restart on the same port. */
const claims = new PortClaims();

export function claimPort(): Promise<number> {
  return claims.claim(0);
}
