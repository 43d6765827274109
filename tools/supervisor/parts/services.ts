import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';

/** A service of the system, as the supervisor needs to know it. */
export interface Service {
  /** Its folder under `apps/`. */
  readonly name: string;
  readonly port: number;
  /** Whether it sends mail, and so has to know where. */
  readonly sendsMail: boolean;
  /** Whether it keeps data, in a database of its own. */
  readonly hasDatabase: boolean;
}

/** The file that lists the apps. */
export const APP_LIST = 'nest-cli.json';

interface NestCli {
  projects?: Record<string, { type?: string; sourceRoot?: string }>;
}

/** It is not known which services there are. */
class ServicesError extends Error {
  override readonly name = 'ServicesError';
  /** For the tools: the message says all, no stack is needed. */
  readonly operational = true;
}

/**
 * The apps of nest-cli.json, in its order. What each needs is seen from the text of its configuration class, `<name>-config.ts`:
 * to load the classes would take longer than everything else before the first process is started.
 *
 * @throws an operational error where nest-cli.json cannot be read
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
    throw new ServicesError(`${file} cannot be read, which lists the services: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function serviceOf(name: string, config: string): Service {
  return {
    name,
    // Any free one, where none is preferred.
    port: Number(/\bport: number = ([\d_]+);/.exec(config)?.[1]?.replaceAll('_', '') ?? 0),
    sendsMail: /^ +smtpUrl\b/m.test(config),
    hasDatabase: /\bextends DatabaseConfig\b/.test(config),
  };
}

/** In the order of the table. */
export const SERVICES: readonly Service[] = readServices(checkoutRoot());
