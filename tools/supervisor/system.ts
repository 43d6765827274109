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
/** Preferred ports of `npm start`. If a port is taken, the part gets the next free port. */
export const DEFAULT_PORTS: readonly number[] = [
  BROKER_PORT,
  ...Object.values(MAIL_PORTS),
  ...SERVICES.map(({ port }) => port).filter((port) => port !== 0),
];

const MAIL_GRACE_MS = 1_000;
const BROKER_GRACE_MS = 2_000;

export interface SystemOptions {
  /** Root of the checkout, which must be compiled. */
  readonly root: string;
  readonly dataDir: string;
  /**
   * Environment of the system. `NATS_URL`, `SMTP_URL` and `DATABASE_URL` name servers to use instead of the embedded servers.
   * Each service gets a separate database on the server of `DATABASE_URL`. Services inherit all variables that the supervisor
   * neither reads nor sets.
   */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Ports of the parts. `default` means the documented ports, or the next free ports. `any` means any free ports, as in tests.
   */
  readonly ports: 'default' | 'any';
  readonly observer: PartObserver;
  /** Receives progress messages while nats-server is located or downloaded. */
  report(this: void, line: string): void;
}

export interface System {
  readonly supervisor: Supervisor;
  /** All current parts, in the order of the table. */
  readonly parts: readonly SupervisedPart[];
  readonly broker: SupervisedPart;
  readonly mail: SupervisedPart;
  readonly services: readonly SupervisedPart[];
  /** @throws an operational error if nest-cli.json cannot be read */
  listChanges(): ListChanges;
  /** Starts the added services and stops the removed services. Resolves when each service is ready, failed or stopped. */
  apply(changes: ListChanges): Promise<void>;
}

/** Differences between nest-cli.json and the current services. */
export interface ListChanges {
  readonly added: readonly Service[];
  readonly removed: readonly SupervisedPart[];
}

export function composeSystem(options: SystemOptions): System {
  const supervise = (part: Part) => new SupervisedPart(part, options.observer);
  const databaseUrl = options.env['DATABASE_URL'];
  const prefer = (port: number) => (options.ports === 'any' ? 0 : port);
  const plan = { ...options, claims: new PortClaims(DEFAULT_PORTS), prefer };

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
  /** Returns the preferred port of a part: the documented port, or 0 if any free port will do. */
  readonly prefer: (port: number) => number;
}

/**
 * Plans the broker. Services get the broker's address immediately, so that they prepare their databases while nats-server is
 * downloaded.
 */
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
