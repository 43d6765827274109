import { eventually } from '../eventually.js';
import { startScript, type Script } from './script.js';

/** What `startService` of `@cascade/service` says first. */
const LISTENING = /listening on (http:\/\/\S+)/;

/**
 * Runs a service as a process of its own, from its source: for a specification that holds for {@link runService} too.
 *
 * @param main `new URL('./main.ts', import.meta.url)`
 * @param env its whole environment; `PORT: '0'` takes a free port
 * @returns once it is ready
 */
export async function startServiceProcess(main: URL, env: NodeJS.ProcessEnv): Promise<Script> {
  const script = startScript(main, [], { ...env, LOG_LEVEL: 'log' });
  try {
    let url: string | undefined;
    while (!url) url = LISTENING.exec(await script.nextLine())?.[1];
    await eventually(async () => {
      const answer = await fetch(`${url}/health/ready`);
      if (!answer.ok) throw new Error(await answer.text());
    });
    return script;
  } catch (error) {
    await script.kill();
    throw error;
  }
}
