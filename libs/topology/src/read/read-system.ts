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

/** Apps and event classes of a system, as loaded from its code. */
export interface System {
  apps: LoadedApp[];
  /** Event classes that libs/contracts exports. */
  contracts: EventClass[];
  /** Event classes of the transport. */
  transportContracts: EventClass[];
}

/**
 * Loads every app's module and reads its declarations. No broker and no database is started, and no port is opened.
 *
 * @throws TopologyError
 */
export async function readSystem(code: Code): Promise<System> {
  const listed = await findApps(code.root);
  const apps: LoadedApp[] = [];
  // Apps are loaded one after another, because loading is CPU-bound. The first error is reported.
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
