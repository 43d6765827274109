import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { compiled, type Checkout } from '../checkout.js';

/** A stream that may be a terminal. */
export type Screen = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(env?: object): boolean;
};

/** What a command has to do with outside of itself: the process, or a spec. */
export interface Host {
  /** The checkout. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Loads a module of the workspace by the path of its source, relative to the checkout. */
  load(this: void, source: string): Promise<object>;
  /** Calls back at the first Ctrl-C or SIGTERM, which then does not end the process, the next one does; the result takes that back. */
  onInterrupt(this: void, listener: () => void): () => void;
}

/** Somebody sits in front of it, and can be asked. */
export function isTerminal({ stdin, stderr }: Host): boolean {
  return (stdin as { isTTY?: boolean }).isTTY === true && stderr.isTTY === true;
}

/** The process itself. */
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

/** As in `node cascade tail | head`: whoever read the output has gone, and nobody misses the rest. */
function endQuietlyWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
