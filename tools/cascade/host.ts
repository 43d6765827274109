import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { compiled, type Checkout } from '../checkout.js';

/** A stream that may be a terminal. */
export type Screen = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(env?: object): boolean;
};

/** The environment of a command, which a process or a spec provides. */
export interface Host {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Loads a module of the workspace by the path of its source, relative to the checkout. */
  load(this: void, source: string): Promise<object>;
  /**
   * Calls the listener on the first Ctrl-C or SIGTERM instead of ending the process. The next signal ends the process.
   *
   * @returns a function that removes the listener
   */
  onInterrupt(this: void, listener: () => void): () => void;
}

export function isTerminal({ stdin, stderr }: Host): boolean {
  return (stdin as { isTTY?: boolean }).isTTY === true && stderr.isTTY === true;
}

/** Passes `work` a signal that aborts on the first Ctrl-C or SIGTERM. */
export async function withInterrupt<Result>(
  { onInterrupt }: Host,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupt = new AbortController();
  const ignoreInterrupts = onInterrupt(() => interrupt.abort());
  try {
    return await work(interrupt.signal);
  } finally {
    ignoreInterrupts();
  }
}

export function hostOf({ root }: Checkout): Host {
  endQuietlyWithoutReader(process.stdout);
  return {
    root,
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    load: (source) => import(pathToFileURL(compiled(root, source)).href) as Promise<object>,
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      const ignore = () => signals.forEach((signal) => process.off(signal, interrupt));
      function interrupt(): void {
        ignore();
        listener();
      }
      for (const signal of signals) process.on(signal, interrupt);
      return ignore;
    },
  };
}

/** Ends the process without an error when the reader of its output ends, as in `node cascade tail | head`. */
function endQuietlyWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
