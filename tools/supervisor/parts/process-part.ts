import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../process/child.js';
import { reasonOf } from '../../reason-of.js';
import type { Part, Run } from './part.js';
import { isFree, movedNote, type PortClaims, type PortNumbers } from '../process/port-claims.js';

/** Time within which a started part must be ready, in milliseconds. The first start of a database takes several seconds. */
const READY_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 25;
const ANSWER_WITHIN_MS = 2_000;
/** Grace period of a part that is stopped before it is ready, in milliseconds. */
const START_GRACE_MS = 2_000;
const PORT_ATTEMPTS = 10;
const READY = 'ready';

/** Description of a part that runs as a Node process. */
export interface ProcessPart {
  readonly name: string;
  readonly script: string;
  args?(ports: PortNumbers): readonly string[];
  /** Preferred ports; 0 for any port. If a port is taken, the part gets the next free port. */
  readonly ports: PortNumbers;
  /** Returns the whole environment of the process. Returns a promise if the environment contains the address of another part. */
  env(ports: PortNumbers): NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  url(ports: PortNumbers): string;
  /** Returns the address for other parts. Default: `url`. */
  address?(ports: PortNumbers): string;
  /** Returns the URL that responds with status 200 when the part is ready. */
  readyUrl(ports: PortNumbers): string;
  note?(ports: PortNumbers): string;
}

/** Creates a part that runs as a process. A restart uses the same ports if these ports are still free. */
export function processPart(spec: ProcessPart, claims: PortClaims): Part {
  let ports: PortNumbers | undefined;
  return {
    name: spec.name,
    async start(options) {
      for (let attempt = 1; ; attempt++) {
        ports = ports && (await allFree(ports)) ? ports : await claimAll(spec.ports, claims);
        const env = await spec.env(ports);
        const child = new Child({
          script: spec.script,
          args: spec.args?.(ports),
          env,
          onLine: options.onLine,
        });
        const failure = await untilReady(child, spec.readyUrl(ports), options.signal);
        if (failure === undefined) return runOf(spec, ports, child);
        await child.stop(START_GRACE_MS);
        // If another program has taken a port, the loop starts the part again on other ports.
        const raced = child.hasEnded && !(await allFree(ports)) && attempt < PORT_ATTEMPTS;
        if (!raced || options.signal.aborted) throw new Error(failure);
      }
    },
  };
}

/** @returns the reason why the part will not become ready; undefined if the part is ready */
async function untilReady(child: Child, url: string, stopped: AbortSignal): Promise<string | undefined> {
  const ended = new AbortController();
  void child.ended.then(() => ended.abort());
  const over = AbortSignal.any([ended.signal, stopped]);
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await ask(url, over);
    if (child.hasEnded) return child.ended;
    if (stopped.aborted) return 'was stopped while it started';
    if (answer === READY) return undefined;
    if (performance.now() > deadline) return `was not ready within ${READY_WITHIN_MS / 1000} s: ${answer}`;
    await sleep(POLL_EVERY_MS);
  }
}

async function ask(url: string, over: AbortSignal): Promise<string> {
  try {
    const signal = AbortSignal.any([over, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const response = await fetch(url, { signal });
    const body = await response.text();
    return response.ok ? READY : `${url} returns ${response.status} ${body}`;
  } catch (error) {
    return `${url} does not answer: ${reasonOf(error)}`;
  }
}

function runOf(spec: ProcessPart, ports: PortNumbers, child: Child): Run {
  return {
    url: spec.url(ports),
    address: spec.address?.(ports) ?? spec.url(ports),
    note: [spec.note?.(ports), movedNote(spec.ports, ports)].filter(Boolean).join(', '),
    pid: child.pid,
    ended: child.ended,
    stop: (graceMs) => child.stop(graceMs),
    kill: () => child.kill(),
  };
}

async function claimAll(preferred: PortNumbers, claims: PortClaims): Promise<PortNumbers> {
  const claimed = Object.entries(preferred).map(async ([name, port]) => {
    return [name, await claims.claim(port)] as const;
  });
  return Object.fromEntries(await Promise.all(claimed));
}

async function allFree(ports: PortNumbers): Promise<boolean> {
  return (await Promise.all(Object.values(ports).map(isFree))).every(Boolean);
}
