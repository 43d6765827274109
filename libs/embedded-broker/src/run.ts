import { execFile } from 'node:child_process';

export interface RunOptions {
  /** Time after which the program is killed, in milliseconds. */
  timeout: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

export interface RunResult {
  ok: boolean;
  stdout: string;
  stderr: string;
  /**
   * Last line of the standard error, or of the standard output if the standard error is empty. If both are empty, the reason for
   * a failure, and an empty string after a success.
   */
  lastLine: string;
}

/** Runs a program until it ends. Never rejects. If the program is missing, fails or hangs, `ok` is false. */
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
