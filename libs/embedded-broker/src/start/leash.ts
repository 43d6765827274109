import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A process with its output piped and no input. */
export interface LeashedProcess extends ChildProcess {
  stdin: null;
  stdout: Readable;
  stderr: Readable;
}

export interface LeashOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A file descriptor that the process keeps open as long as it lives: the lock of its folder, for one. */
  hold?: number;
}

/** What an orphan gets between SIGTERM and SIGKILL, in steps of 100 ms. */
const GRACE_STEPS = 50;

/**
 * Descriptor 3 is a pipe whose other end only the parent holds, so that it ends when the parent does, even by kill -9.
 * A subshell waits for that, and the shell becomes the program, which therefore has the process id that the parent
 * knows. A line on the pipe is the parent's word that the program has ended: nothing is left to kill then. The
 * subshell keeps none of the program's other descriptors: it would hold the program's output and lock open.
 */
const SCRIPT = `
{
  exec 4<&-
  read -r _ <&3 && exit
  kill -TERM $$
  step=0
  while [ $step -lt ${GRACE_STEPS} ]; do
    sleep 0.1
    kill -0 $$ || exit 0
    step=$((step + 1))
  done
  kill -KILL $$
} </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/**
 * Starts a program that does not outlive this process: when this process ends, by kill -9 too, the program gets a
 * SIGTERM and, 5 s later, a SIGKILL. It runs in a session of its own, so that Ctrl-C in the terminal reaches this
 * process alone, and the caller decides what is stopped when. A command that cannot be run exits with 127 or 126.
 *
 * The script needs a POSIX shell. On Windows, Node itself ends the children of a process that was killed.
 */
export function spawnLeashed(
  command: string,
  args: readonly string[],
  options: LeashOptions = {},
): LeashedProcess {
  const { hold, ...settings } = options;
  if (process.platform === 'win32') {
    return spawn(command, args, { ...settings, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  }
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'leash', command, ...args], {
    ...settings,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', hold ?? 'ignore'],
    detached: true,
  });
  const leash = child.stdio[3] as Writable;
  // The subshell may be gone already, with nobody left to tell.
  leash.on('error', () => {});
  child.once('exit', () => leash.end('\n'));
  return child as LeashedProcess;
}
