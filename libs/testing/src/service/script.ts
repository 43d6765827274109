import { spawnBoundToParent } from '@cascade/embedded-broker';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Process that a spec has started. */
export interface Script {
  readonly pid: number;
  /** Resolves to the next line of the standard output. If the process ends first, rejects with its standard error. */
  nextLine(): Promise<string>;
  /** Sends SIGTERM. Resolves when the process has ended. */
  stop(): Promise<void>;
  /** Sends SIGKILL, like a crash. Resolves when the process has ended. */
  kill(): Promise<void>;
}

/**
 * Runs a TypeScript file of the workspace in another process, without a build. The other process ends with this process, even if
 * this process is killed.
 *
 * @param file URL of the file, such as `new URL('../test/writer.ts', import.meta.url)`.
 * @param env Complete environment. Default: the environment of this process.
 */
export function startScript(file: URL, args: string[] = [], env: NodeJS.ProcessEnv = process.env): Script {
  const hooks = new URL('../../node/typescript.mjs', import.meta.url).href;
  const child = spawnBoundToParent(process.execPath, ['--import', hooks, fileURLToPath(file), ...args], {
    env,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const ended = once(child, 'close');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async nextLine() {
      const line = (await lines.next()) as IteratorResult<string, undefined>;
      if (!line.done) return line.value;
      await ended;
      throw new Error(`${fileURLToPath(file)} has ended:\n${errors}`);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
