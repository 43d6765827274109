import { spawnBoundToParent } from '@cascade/embedded-broker';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of a spec's own, to be killed or to be refused something. */
export interface Script {
  readonly pid: number;
  /** The next line of its standard output. Rejects, with what it wrote to standard error, when it ends before that. */
  nextLine(): Promise<string>;
  /** Asks it to end, as a supervisor would: SIGTERM. Resolves once it has ended. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would: SIGKILL. */
  kill(): Promise<void>;
}

/**
 * Runs a TypeScript file of the workspace in another process, from its source. It ends with this process, however this one ends.
 *
 * @param file `new URL('../test/writer.ts', import.meta.url)`
 * @param env its whole environment; default that of this process
 */
export function startScript(file: URL, args: string[] = [], env: NodeJS.ProcessEnv = process.env): Script {
  const hooks = new URL('../../node/typescript.mjs', import.meta.url).href;
  const child = spawnBoundToParent(process.execPath, ['--import', hooks, fileURLToPath(file), ...args], { env });
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
