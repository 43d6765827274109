import { brokerPart, brokerUrl, externalBrokerPart } from './parts/broker-part.js';
import { createDatabases, databasesPart } from './parts/databases-part.js';
import { externalPart, withoutCredentials } from './parts/external-part.js';
import { mailPart } from './parts/mail-part.js';
import { join } from 'node:path';
import { PortClaims } from './process/port-claims.js';
import { servicePart } from './parts/service-part.js';
import { readServices, SERVICES, type Service } from './parts/services.js';
import { servicesGraceMs } from './stop-times.js';
import { SupervisedPart, type PartObserver } from './parts/supervised-part.js';
import { Supervisor } from './supervisor.js';
import type { Part } from './parts/part.js';

const BROKER_PORT = 4222;
const MAIL_PORTS = { page: 1080, smtp: 1025 };
/** What `npm start` prefers to use; it takes the next free ones where these are taken. */
export const DEFAULT_PORTS: readonly number[] = [
  BROKER_PORT,
  ...Object.values(MAIL_PORTS),
  ...SERVICES.map(({ port }) => port).filter((port) => port !== 0),
];

const MAIL_GRACE_MS = 1_000;
const BROKER_GRACE_MS = 2_000;

export interface SystemOptions {
  /** The checkout, compiled. */
  readonly root: string;
  /** Where streams, databases and mails are kept. */
  readonly dataDir: string;
  /**
   * `NATS_URL`, `SMTP_URL` and `DATABASE_URL` name servers to use instead of embedded ones; on the last, each service has a
   * database of its own. The rest is handed to the services.
   */
  readonly env: NodeJS.ProcessEnv;
  /** `default`: the documented ports, or the next free ones. `any`: whatever is free, as in tests. */
  readonly ports: 'default' | 'any';
  readonly observer: PartObserver;
  /** Takes what is worth knowing while a nats-server is looked for and fetched. */
  report(this: void, line: string): void;
}

export interface System {
  readonly supervisor: Supervisor;
  /** All of them at this moment, in the order of the table. */
  readonly parts: readonly SupervisedPart[];
  readonly broker: SupervisedPart;
  readonly mail: SupervisedPart;
  /** Those that run at this moment. */
  readonly services: readonly SupervisedPart[];
  /** @throws an operational error if nest-cli.json cannot be read */
  listChanges(): ListChanges;
  /** Starts what was added and stops what was removed. Resolves when all of that is ready, failed or stopped. */
  apply(changes: ListChanges): Promise<void>;
}

/** How nest-cli.json differs from the services that run. */
export interface ListChanges {
  readonly added: readonly Service[];
  readonly removed: readonly SupervisedPart[];
}

/** Puts the parts of the system together; nothing is started. */
export function composeSystem(options: SystemOptions): System {
  const supervise = (part: Part) => new SupervisedPart(part, options.observer);
  const databaseUrl = options.env['DATABASE_URL'];
  const plan = { ...options, claims: new PortClaims(DEFAULT_PORTS), prefer: preferenceOf(options) };

  const plannedBroker = planBroker(plan);
  const broker = supervise(plannedBroker.part);
  const mail = supervise(planMail(plan));
  const databases = databaseUrl
    ? supervise(databasesPart(databaseUrl, namesWithDatabase(SERVICES)))
    : undefined;
  const addresses = {
    broker: plannedBroker.address,
    mail: () => mail.located,
    databases: databases && (() => databases.located),
  };
  const serve = (service: Service) =>
    supervise(servicePart(service, { ...plan, port: plan.prefer(service.port), addresses }));
  const group = { parts: SERVICES.map(serve), graceMs: servicesGraceMs(options.env) };

  const servers = databases ? [broker, databases] : [broker];
  const stopOrder = [
    group,
    { parts: [mail], graceMs: MAIL_GRACE_MS },
    { parts: servers, graceMs: BROKER_GRACE_MS },
  ];
  const supervisor = new Supervisor(stopOrder, () => plan.claims.release());
  return {
    supervisor,
    get parts() {
      return [...servers, mail, ...group.parts];
    },
    broker,
    mail,
    services: group.parts,
    listChanges: () => changesOf(readServices(options.root), group.parts),
    async apply({ added, removed }) {
      const stopped = removed.map((part) => supervisor.remove(part, group));
      if (databaseUrl) await createDatabases(databaseUrl, namesWithDatabase(added));
      await Promise.all([...stopped, ...added.map((service) => supervisor.add(serve(service), group))]);
    },
  };
}

function changesOf(listed: readonly Service[], running: readonly SupervisedPart[]): ListChanges {
  return {
    added: listed.filter(({ name }) => !running.some((part) => part.name === name)),
    removed: running.filter(({ name }) => !listed.some((service) => service.name === name)),
  };
}

function namesWithDatabase(services: readonly Service[]): string[] {
  return services.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => name);
}

interface Plan extends SystemOptions {
  readonly claims: PortClaims;
  /** From a part's documented port to the one to prefer. */
  readonly prefer: (port: number) => number;
}

function preferenceOf({ ports }: SystemOptions): Plan['prefer'] {
  return ports === 'any' ? () => 0 : (port) => port;
}

/** Services are told the address at once, so that they prepare their databases while a nats-server is still being fetched. */
function planBroker(plan: Plan): { part: Part; address: () => Promise<string> } {
  const servers = plan.env['NATS_URL'];
  if (servers) return { part: externalBrokerPart(servers), address: () => Promise.resolve(servers) };
  const preferredPort = plan.prefer(BROKER_PORT);
  let claimed: Promise<number> | undefined;
  const port = () => (claimed ??= plan.claims.claim(preferredPort));
  const storeDir = join(plan.dataDir, 'broker');
  return {
    part: brokerPart({ ...plan, storeDir, preferredPort, port }),
    address: async () => brokerUrl(await port()),
  };
}

function planMail(plan: Plan): Part {
  const smtpUrl = plan.env['SMTP_URL'];
  if (!smtpUrl) {
    const ports = { page: plan.prefer(MAIL_PORTS.page), smtp: plan.prefer(MAIL_PORTS.smtp) };
    return mailPart({ ...plan, ports });
  }
  const run = { url: withoutCredentials(smtpUrl), address: smtpUrl, note: 'of SMTP_URL' };
  return externalPart('mail', () => Promise.resolve(run));
}
