import { join } from 'node:path';
import { compiled } from '../../checkout.js';
import type { Part } from './part.js';
import type { PortClaims } from '../process/port-claims.js';
import { processPart } from './process-part.js';

export interface MailOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: { readonly page: number; readonly smtp: number };
  readonly claims: PortClaims;
}

/**
 * Creates a part for the mail catcher. The mail catcher accepts messages over SMTP and shows the messages on a page, but delivers
 * no message. The address of the part is the SMTP address.
 */
export function mailPart({ root, dataDir, env, ports, claims }: MailOptions): Part {
  return processPart(
    {
      name: 'mail',
      script: compiled(root, 'tools/mail-catcher/main.ts'),
      args: ({ page, smtp }) => [String(smtp), String(page), join(dataDir, 'mail')],
      ports,
      env: () => env,
      url: ({ page }) => `http://localhost:${page}`,
      address: ({ smtp }) => `smtp://127.0.0.1:${smtp}`,
      readyUrl: ({ page }) => `http://127.0.0.1:${page}/api/healthz`,
      note: ({ smtp }) => `SMTP on ${smtp}`,
    },
    claims,
  );
}
