import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { runningHere } from '../supervisor/data-folder.js';
import { reasonOf } from '../reason-of.js';
import { renderTree } from '../text/tree.js';
import { FlowRecorder } from './flow-recorder.js';
import { missingFrom, type SeenEvent } from './flow.js';

const TIMEOUT_MS = 15_000;

/** Error of `npm run demo` whose cause the user can remove. */
class DemoError extends Error {
  override readonly name = 'DemoError';
  /** The tools show the message without a stack. */
  readonly operational = true;
}

interface SystemUrls {
  readonly signup: string;
  readonly nats: string;
}

/** Runs `npm run demo`, which signs up a user and shows the events that follow. */
export async function main(): Promise<number> {
  const urls = await findSystem(process.env);
  const recorder = await FlowRecorder.start(urls.nats).catch((error: unknown) => {
    throw new DemoError(`The broker does not answer (${reasonOf(error)}). Does the system run?`);
  });
  try {
    const started = performance.now();
    const { id, correlationId } = await signUp(urls.signup);
    print(`Signed up ${id} in ${Math.round(performance.now() - started)} ms; the flow ${correlationId}:\n`);

    const flow = () => recorder.flow(correlationId, started);
    const isOver = () => missingFrom(flow()).length === 0 || flow().some(({ failure }) => failure);
    await recorder.wait(isOver, TIMEOUT_MS);
    const events = flow();
    if (events.length > 0)
      print(renderTree(events.map((event) => ({ ...event, note: event.failure }))).join('\n'));
    const missing = missingFrom(events);
    if (missing.length > 0) throw new DemoError(explanation(missing, events));
    return 0;
  } finally {
    await recorder.stop();
  }
}

async function findSystem(env: NodeJS.ProcessEnv): Promise<SystemUrls> {
  const running = await runningHere();
  const signup = env['SIGNUP_URL'] || running?.parts['signup']?.url;
  const nats = env['NATS_URL'] || running?.natsUrl;
  if (signup && nats) return { signup: signup.replace(/\/$/, ''), nats };
  if (running && !running.natsUrl) {
    throw new DemoError('The system is still starting. Try again when it has shown its table.');
  }
  throw new DemoError(
    'No system runs here. Start one with `npm start` in another terminal and try again, ' +
      'or name one that runs elsewhere with SIGNUP_URL and NATS_URL.',
  );
}

async function signUp(url: string): Promise<{ id: string; correlationId: string }> {
  // The address is unique, because a second signup with the same address causes no event.
  const body = JSON.stringify({ email: `demo-${randomUUID()}@example.com`, name: 'Demo' });
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`${url}/signups`, { method: 'POST', headers, body, signal }).catch(
    (error: unknown) => {
      throw new DemoError(`${url} does not answer (${reasonOf(error)}). Does the system run?`);
    },
  );
  if (response.status !== 202) {
    throw new DemoError(`The signup was refused with ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as { id: string; correlationId: string };
}

function explanation(missing: readonly string[], events: readonly SeenEvent[]): string {
  const failed = events.some(({ failure }) => failure);
  const reason = failed
    ? 'A processor gave up on its event, as shown above. `npm start` shows its log.'
    : `It was not published within ${TIMEOUT_MS / 1000} s. \`npm start\` shows whether its service runs.`;
  return `The flow is not complete. Missing: ${missing.join(', ')}.\n${reason}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
