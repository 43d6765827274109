import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';

export interface Service {
  /** Name of the service's folder under `apps/`. */
  readonly name: string;
  readonly port: number;
  /** True if the service sends mail, and therefore needs `SMTP_URL`. */
  readonly sendsMail: boolean;
  readonly hasDatabase: boolean;
}

/** The file that lists the apps. */
export const APP_LIST = 'nest-cli.json';

interface NestCli {
  projects?: Record<string, { type?: string; sourceRoot?: string }>;
}

class ServicesError extends Error {
  override readonly name = 'ServicesError';
  /** The tools show the message without a stack. */
  readonly operational = true;
}

/**
 * Returns the apps of nest-cli.json, in the order of the file. The needs of an app are read from the text of its configuration
 * class, `<name>-config.ts`. Loading the classes would take longer than everything else before the first process starts.
 *
 * @throws an operational error if nest-cli.json cannot be read
 */
export function readServices(root: string): Service[] {
  const { projects = {} } = readNestCli(join(root, APP_LIST));
  return Object.entries(projects)
    .filter(([, { type }]) => type === 'application')
    .map(([name, { sourceRoot = `apps/${name}/src` }]) => {
      const file = join(root, sourceRoot, `${name}-config.ts`);
      return serviceOf(name, existsSync(file) ? readFileSync(file, 'utf8') : '');
    });
}

function readNestCli(file: string): NestCli {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as NestCli;
  } catch (cause) {
    throw new ServicesError(`Cannot read ${file}, which lists the services: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function serviceOf(name: string, config: string): Service {
  return {
    name,
    // The value 0 stands for any free port.
    port: Number(/\bport: number = ([\d_]+);/.exec(config)?.[1]?.replaceAll('_', '') ?? 0),
    sendsMail: /^ +smtpUrl\b/m.test(config),
    hasDatabase: /\bextends DatabaseConfig\b/.test(config),
  };
}

/** Services in the order of the table. */
export const SERVICES: readonly Service[] = readServices(checkoutRoot());
