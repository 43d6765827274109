import { Readable, Writable } from 'node:stream';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';
import { cascade } from '../cascade.js';
import type { Host } from '../host.js';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SessionOptions {
  env: NodeJS.ProcessEnv;
  stdin?: string;
  /** Root of the checkout that the command works on. The code is always loaded from the checkout of this file. */
  root?: string;
}

export function hostWith(
  { env, stdin = '', root = checkoutRoot() }: SessionOptions,
  more: Partial<Host> = {},
): Host {
  return {
    root,
    env,
    stdin: Readable.from([stdin]),
    stdout: collector(() => undefined),
    stderr: collector(() => undefined),
    load: (source) => import(join(checkoutRoot(), source)) as Promise<object>,
    onInterrupt: () => () => undefined,
    ...more,
  };
}

/** A command that runs in this process. Keeps the output, and can interrupt the command. */
export class Session {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  private readonly listeners = new Set<() => void>();
  private isInterrupted = false;

  constructor(args: readonly string[], options: SessionOptions) {
    const host = hostWith(options, {
      stdout: collector((text) => (this.stdout += text)),
      stderr: collector((text) => (this.stderr += text)),
      onInterrupt: (listener) => {
        this.listeners.add(listener);
        if (this.isInterrupted) listener();
        return () => this.listeners.delete(listener);
      },
    });
    this.ended = cascade(args, host).then((code) => ({ code, stdout: this.stdout, stderr: this.stderr }));
  }

  /** Simulates Ctrl-C. If the command does not listen yet, the interruption follows when the command begins to listen. */
  interrupt(): void {
    this.isInterrupted = true;
    for (const listener of this.listeners) listener();
  }
}

export function runCascade(args: readonly string[], options: SessionOptions): Promise<Ended> {
  return new Session(args, options).ended;
}

function collector(take: (text: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk.toString());
      done();
    },
  });
}
