import { join } from 'node:path';
import { compiled } from '../../checkout.js';
import { prepareEmbeddedDatabase } from './embedded-database.js';
import type { Part } from './part.js';
import type { PortClaims } from '../process/port-claims.js';
import { processPart } from './process-part.js';
import type { Service } from './services.js';

/** Variables that the supervisor reads or sets itself. Services do not inherit these variables. */
const NOT_INHERITED = new Set([
  'PORT',
  'NATS_URL',
  'NATS_SERVER_MIRROR',
  'DATABASE_URL',
  'DATA_DIR',
  'SMTP_URL',
]);

export interface ServiceOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Preferred port; 0 for any port. If the port is taken, the service gets the next free port. */
  readonly port: number;
  readonly claims: PortClaims;
  /**
   * Functions that resolve to the addresses of other parts. Without `databases`, a service that needs a database uses an embedded
   * database in `dataDir`.
   */
  readonly addresses: {
    readonly broker: () => Promise<string>;
    readonly mail: () => Promise<string>;
    readonly databases: (() => Promise<string>) | undefined;
  };
}

export function servicePart(service: Service, options: ServiceOptions): Part {
  return processPart(
    {
      name: service.name,
      script: compiled(options.root, `apps/${service.name}/src/main.ts`),
      ports: { http: options.port },
      env: async ({ http }) => {
        if (service.hasDatabase && !options.addresses.databases) {
          await prepareEmbeddedDatabase(options.root, join(options.dataDir, service.name));
        }
        return environmentOf(service, http!, options);
      },
      url: ({ http }) => `http://localhost:${http}`,
      readyUrl: ({ http }) => `http://127.0.0.1:${http}/health/ready`,
    },
    options.claims,
  );
}

export async function environmentOf(
  service: Service,
  port: number,
  { env, addresses, dataDir }: Pick<ServiceOptions, 'env' | 'addresses' | 'dataDir'>,
): Promise<NodeJS.ProcessEnv> {
  return {
    ...inheritable(env),
    PORT: String(port),
    NATS_URL: await addresses.broker(),
    ...(service.sendsMail ? { SMTP_URL: await addresses.mail() } : {}),
    ...(service.hasDatabase ? await databaseOf(service, { addresses, dataDir }) : {}),
  };
}

async function databaseOf(
  { name }: Service,
  { addresses, dataDir }: Pick<ServiceOptions, 'addresses' | 'dataDir'>,
): Promise<NodeJS.ProcessEnv> {
  const server = await addresses.databases?.();
  return server ? { DATABASE_URL: databaseUrlOf(server, name) } : { DATA_DIR: join(dataDir, name) };
}

function inheritable(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_INHERITED.has(name)));
}

/**
 * Derives the URL of a service's database. `postgres://host/cascade` and `metadata-writer` give
 * `postgres://host/cascade_metadata_writer`.
 */
export function databaseUrlOf(server: string, service: string): string {
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/, '') || '/cascade'}_${service.replaceAll('-', '_')}`;
  return url.href;
}
