import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../process/child.js';
import { reasonOf } from '../../reason-of.js';
import type { Part, Run } from './part.js';
import { isFree, movedNote, type PortClaims, type PortNumbers } from '../process/port-claims.js';

/** A part that is not ready after this long is stuck. The first start of a database takes seconds. */
const READY_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 25;
const ANSWER_WITHIN_MS = 2_000;
/** What a part gets to stop in when it is told to before it was ready. */
const START_GRACE_MS = 2_000;
const PORT_ATTEMPTS = 10;
const READY = 'ready';

/** A part that is a Node process of ours. */
export interface ProcessPart {
  readonly name: string;
  readonly script: string;
  args?(ports: PortNumbers): readonly string[];
  /** The ports that it listens on, as it would have them: the next free one is taken instead, and 0 is any. */
  readonly ports: PortNumbers;
  /** Its whole environment. May wait for another part's address. */
  env(ports: PortNumbers): NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  /** Where people reach it. */
  url(ports: PortNumbers): string;
  /** What other parts connect to, where that is not `url`. */
  address?(ports: PortNumbers): string;
  /** Answers 200 when it is ready. */
  readyUrl(ports: PortNumbers): string;
  /** A remark for the table. */
  note?(ports: PortNumbers): string;
}

/** A part of the system, run as a process. It keeps its ports from one run to the next where they are still free. */
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
        // Somebody was faster on its port: that is no fault of the part.
        const raced = child.hasEnded && !(await allFree(ports)) && attempt < PORT_ATTEMPTS;
        if (!raced || options.signal.aborted) throw new Error(failure);
      }
    },
  };
}

/** @returns Why it is not ready, and never will be; nothing once it is. */
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
    return response.ok ? READY : `${url} answers ${response.status} ${body}`;
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
