import { eventually } from '../eventually.js';
import { startScript, type Script } from './script.js';

/** First line that `startService` of `@cascade/service` logs. */
const LISTENING = /listening on (http:\/\/\S+)/;

/**
 * Runs a service in another process, without a build. Use this function for specs that also run against {@link runService}.
 * Resolves when the service is ready.
 *
 * @param main URL of the main file, such as `new URL('./main.ts', import.meta.url)`.
 * @param env Complete environment. With `PORT: '0'`, the service listens on any free port.
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
