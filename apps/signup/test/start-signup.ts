import { createService, readConfig, type Problem } from '@cascade/service';
import { Store } from '@cascade/store';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SignupConfig } from '../src/signup-config.js';
import { SignupModule } from '../src/signup.module.js';
import type * as schema from '../src/signups/schema.js';
import type { SignupStatus } from '../src/signups/signup-answers.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: Partial<Problem> & Partial<SignupStatus>;
}

/** Signup service that runs in the spec's process, with functions that send HTTP requests to the service. */
export interface StartedSignup {
  app: NestFastifyApplication;
  store: Store<typeof schema>;
  url: string;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

/** Starts the service on a free port. The caller starts the transport with `app.startAllMicroservices()`. */
export async function startSignup(
  env: NodeJS.ProcessEnv,
  prepare: (app: NestFastifyApplication) => void | Promise<void> = () => undefined,
): Promise<StartedSignup> {
  const config = readConfig(SignupConfig, { PORT: '0', LOG_LEVEL: 'fatal', SIGNUPS_PER_MINUTE: '0', ...env });
  const app = await createService(SignupModule.forRoot(config), config);
  await prepare(app);
  await app.listen(config.port, config.host);
  const url = await app.getUrl();
  return {
    app,
    store: app.get<Store<typeof schema>>(Store),
    url,
    post: (body, headers) =>
      send(`${url}/signups`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    get: (path) => send(url + path),
  };
}

async function send(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as Answer['body'] };
}
