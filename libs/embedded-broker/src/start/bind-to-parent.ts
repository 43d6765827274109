import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** Process with piped output and no input. */
export interface BoundProcess extends ChildProcess {
  stdin: null;
  stdout: Readable;
  stderr: Readable;
}

export interface BindOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** File descriptor that the process keeps open until it ends, such as the lock of its folder. */
  hold?: number;
  /** True to open an IPC channel to the process, like `fork`. Default false. */
  ipc?: boolean;
}

/** Number of steps of 100 ms between SIGTERM and SIGKILL for a program whose parent has ended. */
const GRACE_STEPS = 50;

/**
 * Script that runs the program. Descriptor 3 is a pipe whose other end only the parent holds. The pipe closes when the parent
 * ends, even after `kill -9`. A subshell waits for the pipe to close and then ends the program.
 *
 * The shell itself becomes the program, so the program has the process id that the parent knows. When the program has ended, the
 * parent writes a line to the pipe, and the subshell exits. The subshell closes the other descriptors of the program. Otherwise,
 * the subshell would keep the program's output, lock and IPC channel open.
 */
const SCRIPT = `
{
  exec 4<&- 5<&-
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
 * Starts a program that does not outlive this process. When this process ends, even after `kill -9`, the program gets a SIGTERM
 * and, 5 s later, a SIGKILL. The program runs in a separate session, so Ctrl-C in the terminal reaches only this process. This
 * process decides when to stop each program. A command that cannot be run exits with 127 or 126.
 *
 * The script needs a POSIX shell. On Windows, Node itself ends the children of a process that was killed.
 */
export function spawnBoundToParent(
  command: string,
  args: readonly string[],
  { hold, ipc = false, ...settings }: BindOptions = {},
): BoundProcess {
  const channel: 'ipc'[] = ipc ? ['ipc'] : [];
  if (process.platform === 'win32') {
    const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const, ...channel];
    return spawn(command, args, { ...settings, stdio, windowsHide: true }) as BoundProcess;
  }
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'bound', command, ...args], {
    ...settings,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', hold ?? 'ignore', ...channel],
    detached: true,
  }) as BoundProcess;
  const pipe = child.stdio[3] as Writable;
  // Writing fails if the subshell has already ended.
  pipe.on('error', () => {});
  child.once('exit', () => pipe.end('\n'));
  return child;
}
