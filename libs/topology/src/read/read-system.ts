import {
  EventFailed,
  FailuresRemoved,
  ProcessorPaused,
  ProcessorResumed,
  ReplayRequested,
  type EventClass,
} from '@cascade/jetstream';
import { findApps } from './find-apps.js';
import { loadApp, type LoadedApp } from './load-app.js';
import type { Code } from './load.js';

const CONTRACTS = 'libs/contracts/src/index.ts';

/** The system as classes, to validate, publish or provision with. */
export interface System {
  apps: LoadedApp[];
  /** The event classes that libs/contracts exports. */
  contracts: EventClass[];
  /** The event classes of the transport. */
  transportContracts: EventClass[];
}

/**
 * Loads every app's module and reads its declarations. Nothing is started: no broker, no database, no port.
 *
 * @throws TopologyError
 */
export async function readSystem(code: Code): Promise<System> {
  const listed = await findApps(code.root);
  const apps: LoadedApp[] = [];
  // One after the other: loading is CPU-bound, and the first error is reported.
  for (const app of listed) apps.push(await loadApp(app, code));
  return {
    apps,
    contracts: Object.values(await code.load(CONTRACTS)).filter(isEventClass),
    transportContracts: [EventFailed, FailuresRemoved, ProcessorPaused, ProcessorResumed, ReplayRequested],
  };
}

function isEventClass(exported: unknown): exported is EventClass {
  return typeof exported === 'function' && 'event' in exported;
}
