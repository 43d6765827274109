import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownEnvironment } from '../../system.js';
import type { Trial } from '../trial.js';
import { BrokerProcess } from './broker-process.js';
import { MailCounter } from './mail-counter.js';
import { PlainClient } from './plain-client.js';
import { claimPort } from './ports.js';
import { PostgresServer } from './postgres-server.js';
import { ServiceProcess } from './service-process.js';

export const SERVICES = ['signup', 'notifier', 'metadata-writer'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface SignupSystemOptions {
  /** Kind of the databases. Default: `postgres`. */
  readonly store?: 'postgres' | 'pglite';
  /**
   * Number of processes of each service, each on its own port. Default: 1. A service with an embedded database can have only one
   * process.
   */
  readonly replicas?: number;
}

/** The whole system with its own broker and databases. A test can kill the broker, the database server and each service. */
export class SignupSystem {
  private readonly running = new Map<ServiceName, ServiceProcess[]>();

  private constructor(
    readonly broker: BrokerProcess,
    readonly mail: MailCounter,
    readonly client: PlainClient,
    /** The PostgreSQL server; undefined if the databases are embedded in `folder`. */
    readonly postgres: PostgresServer | undefined,
    readonly folder: string,
  ) {}

  /** Starts a system. At the end of the trial, the system is stopped and its files are removed. */
  static async start(
    trial: Pick<Trial, 'defer'>,
    { store = 'postgres', replicas = 1 }: SignupSystemOptions = {},
  ): Promise<SignupSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'cascade-crash-'));
    trial.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const broker = await BrokerProcess.create(await claimPort());
    trial.defer(() => broker.remove());
    const mail = new MailCounter(await claimPort());
    await mail.start();
    trial.defer(() => mail.stop());
    const postgres = store === 'postgres' ? await PostgresServer.create(await claimPort()) : undefined;
    trial.defer(() => postgres?.remove());
    const client = await PlainClient.connect(broker.url);
    trial.defer(() => client.close());

    const system = new SignupSystem(broker, mail, client, postgres, folder);
    trial.defer(() => system.stopServices());
    for (const name of SERVICES) await system.add(name, replicas);
    await Promise.all(system.all.map((service) => service.start()));
    return system;
  }

  get all(): ServiceProcess[] {
    return [...this.running.values()].flat();
  }

  replicas(name: ServiceName): readonly ServiceProcess[] {
    return this.running.get(name)!;
  }

  /** Returns the first replica of a service. */
  service(name: ServiceName): ServiceProcess {
    return this.replicas(name)[0]!;
  }

  urlsOf(name: ServiceName): string[] {
    return this.replicas(name).map(({ url }) => url);
  }

  /** Makes the mail server accept mail, and starts all services that are not running. Resolves when all services are ready. */
  async heal(): Promise<void> {
    await this.mail.setMode('accept');
    const down = this.all.filter(({ isRunning }) => !isRunning);
    for (const service of down) service.launch();
    await Promise.all(this.all.map((service) => service.ready()));
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.all.map((service) => service.stop()));
  }

  private async add(name: ServiceName, replicas: number): Promise<void> {
    const database = name.replaceAll('-', '_');
    await this.postgres?.createDatabase(database);
    const env = {
      ...ownEnvironment(),
      NATS_URL: this.broker.url,
      LOG_LEVEL: 'warn',
      ...(this.postgres
        ? { DATABASE_URL: this.postgres.urlOf(database) }
        : { DATA_DIR: join(this.folder, name) }),
      ...(name === 'notifier' ? { SMTP_URL: this.mail.url } : {}),
      ...(name === 'signup' ? { SIGNUPS_PER_MINUTE: '0' } : {}),
    };
    const script = `apps/${name}/src/main.ts`;
    const ports = await Promise.all(Array.from({ length: replicas }, claimPort));
    this.running.set(
      name,
      ports.map((port) => new ServiceProcess({ name, script, port, env })),
    );
  }
}
