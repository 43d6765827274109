import { EVENTS_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { ownEnvironment } from '../../system.js';
import type { WorkerLine, WorkerOptions } from '../fixtures/worker.js';
import type { Trial } from '../trial.js';
import { BrokerProcess } from './broker-process.js';
import { PlainClient } from './plain-client.js';
import { claimPort } from './ports.js';
import { ServiceProcess } from './service-process.js';

export interface Handling {
  readonly number: number;
  readonly attempt: number;
  /** Time from publishing the task to the end of handling, in milliseconds. */
  readonly milliseconds: number;
}

export interface Totals {
  readonly total: number;
  /** Memory of the process, in bytes. */
  readonly rss: number;
  /** Time of the report, in milliseconds since the epoch. */
  readonly at: number;
}

/** A process whose processors consume `TaskAdded`, and the reports that the process has written. */
export class Worker {
  readonly handled: Handling[] = [];
  readonly totals: Totals[] = [];

  constructor(
    readonly service: ServiceProcess,
    readonly processors: readonly WorkerOptions[],
  ) {}

  take(line: string): void {
    if (!line.startsWith('{')) return;
    const told = JSON.parse(line) as WorkerLine;
    if ('rss' in told) this.totals.push(told);
    else this.handled.push(told);
  }
}

/** A broker with workers. */
export class WorkerSystem {
  private constructor(
    private readonly trial: Trial,
    readonly broker: BrokerProcess,
    readonly client: PlainClient,
  ) {}

  static async start(trial: Trial): Promise<WorkerSystem> {
    const broker = await BrokerProcess.create(await claimPort());
    trial.defer(() => broker.remove());
    const client = await PlainClient.connect(broker.url);
    trial.defer(() => client.close());
    return new WorkerSystem(trial, broker, client);
  }

  /** Starts a process with these processors. Resolves when all processors pull events. */
  async work(...processors: WorkerOptions[]): Promise<Worker> {
    const worker = await this.prepare(...processors);
    worker.service.launch();
    await this.untilConsuming(worker);
    return worker;
  }

  /** Creates a worker without starting its process. */
  async prepare(...processors: WorkerOptions[]): Promise<Worker> {
    const worker: Worker = new Worker(
      new ServiceProcess({
        name: processors.map(({ processor }) => processor).join('+'),
        script: 'test/crash/fixtures/worker.ts',
        port: await claimPort(),
        env: {
          ...ownEnvironment(),
          NATS_URL: this.broker.url,
          LOG_LEVEL: 'fatal',
          WORKERS: JSON.stringify(processors),
        },
        onLine: (line) => worker.take(line),
      }),
      processors,
    );
    this.trial.defer(() => worker.service.stop());
    return worker;
  }

  async untilConsuming({ service, processors }: Worker): Promise<void> {
    await service.ready();
    const pulls = async (durable: string) => {
      const { num_waiting } = await this.client.manager.consumers.info(EVENTS_STREAM, durable);
      if (num_waiting === 0) throw new Error(`${durable} does not pull:\n${service.lines.join('\n')}`);
    };
    await Promise.all(
      processors.map(({ processor }) => eventually(() => pulls(processor), { timeout: 20_000 })),
    );
  }

  /** Waits until the worker has handled or dead-lettered all events, and no retry is left. */
  async untilDone({ processors }: Worker, timeout = 60_000): Promise<void> {
    const check = async (durable: string) => {
      const { waiting, inFlight } = await this.client.backlog(EVENTS_STREAM, durable);
      const retries = await this.client.backlog('RETRIES', durable);
      const scheduled = await this.client.count('RETRIES', `retry.${durable}.sch.>`);
      const stored = await this.client.count('RETRIES', `retry.${durable}.>`);
      if (waiting + inFlight + stored === 0) return;
      const due = `${retries.waiting} of them due, ${retries.inFlight} in flight, ${scheduled} not due`;
      throw new Error(`${durable}: ${waiting} waiting, ${inFlight} in flight, ${stored} retries (${due})`);
    };
    for (const { processor } of processors) await eventually(() => check(processor), { timeout });
  }
}
