import { execFile } from 'node:child_process';

export interface RunOptions {
  /** Milliseconds until it is killed. */
  timeout: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

export interface RunResult {
  ok: boolean;
  stdout: string;
  stderr: string;
  /** For an explanation: the last line it wrote, or why it could not be run. Empty when it said nothing. */
  lastLine: string;
}

/** Runs a program to its end. Never rejects: a program that is absent, fails or hangs gives `ok: false`. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    const settings = {
      ...options,
      encoding: 'utf8',
      killSignal: 'SIGKILL',
      maxBuffer: 16 * 2 ** 20,
    } as const;
    execFile(command, args, settings, (error, stdout, stderr) => {
      resolve({
        ok: !error,
        stdout,
        stderr,
        lastLine: lastLineOf(stderr) || lastLineOf(stdout) || reason(error, options),
      });
    });
  });
}

function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function reason(error: Error | null, { timeout }: RunOptions): string {
  if (!error) return '';
  const killed = 'killed' in error && error.killed === true;
  return killed ? `it did not end within ${timeout} ms` : error.message;
}
