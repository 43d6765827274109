import { brokerPart, brokerUrl, externalBrokerPart } from './broker-part.js';
import { databasesPart } from './databases-part.js';
import { externalPart, withoutCredentials } from './external-part.js';
import { mailPart } from './mail-part.js';
import { join } from 'node:path';
import { PortClaims } from './port-claims.js';
import { servicePart } from './service-part.js';
import { SERVICES } from './services.js';
import { servicesGraceMs } from './stop-times.js';
import { SupervisedPart, type PartObserver } from './supervised-part.js';
import { Supervisor } from './supervisor.js';
import type { Part } from './part.js';

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
  /** All of them, in the order of the table. */
  readonly parts: readonly SupervisedPart[];
  readonly broker: SupervisedPart;
  readonly mail: SupervisedPart;
  readonly services: readonly SupervisedPart[];
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
    ? supervise(
        databasesPart(
          databaseUrl,
          SERVICES.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => name),
        ),
      )
    : undefined;
  const addresses = {
    broker: plannedBroker.address,
    mail: () => mail.located,
    databases: databases && (() => databases.located),
  };
  const services = SERVICES.map((service) =>
    supervise(servicePart(service, { ...plan, port: plan.prefer(service.port), addresses })),
  );

  const servers = databases ? [broker, databases] : [broker];
  const stopOrder = [
    { parts: services, graceMs: servicesGraceMs(options.env) },
    { parts: [mail], graceMs: MAIL_GRACE_MS },
    { parts: servers, graceMs: BROKER_GRACE_MS },
  ];
  const supervisor = new Supervisor(stopOrder, () => plan.claims.release());
  return { supervisor, parts: [...servers, mail, ...services], broker, mail, services };
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
