import { userInfo } from 'node:os';
import { UsageError } from './errors.js';

export interface RequesterOptions {
  by?: string;
  reason?: string;
  dryRun?: boolean;
}

export const BY_OPTION = ['--by <name>', 'who asks for it; default: your user name on this system'] as const;
export const REASON_OPTION = ['--reason <text>', 'why; required except for a dry run'] as const;

/**
 * Returns the person who asks for an action, and the reason. Both are stored with the action.
 *
 * @param action name of the action in errors: `removal`
 * @throws UsageError if the name or the reason is missing; a dry run needs no reason
 */
export function requesterOf(
  { by = userInfo().username, reason = '', dryRun }: RequesterOptions,
  action: string,
): { by: string; reason: string } {
  if (!dryRun && !reason.trim()) {
    throw new UsageError(`A ${action} needs a reason, which is stored with it.`, [
      "Add --reason '…', or --dry-run.",
    ]);
  }
  if (!by.trim()) throw new UsageError(`--by must name who asks for the ${action}.`);
  return { by, reason };
}
