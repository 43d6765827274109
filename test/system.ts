import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkoutRoot, type Compilation } from '../tools/checkout.js';
import { composeSystem, type System } from '../tools/supervisor/system.js';

export const root = checkoutRoot();

/**
 * Matches the names of environment variables of the services and of the system. The developer's own values must not reach a test.
 */
const SETTINGS =
  /^(PORT|HOST|NATS_|DATABASE_|DATA_|DELIVERY_|EVENTS_|FAILURES_|STREAM_|STOP_|TRUST_|SERVE_|SMTP_|MAIL_|TWILIO_|SIGNUPS?_|LOG_)/;

export interface TestSystemOptions {
  /** Environment variables for the services, or for the system, such as `DATABASE_URL`. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The whole system in real processes, on free ports and in a temporary folder. */
export class TestSystem {
  /** Output of all parts, with the name of the part in each line. */
  readonly lines: string[] = [];
  private system: System | undefined;

  private constructor(
    private readonly dataDir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Compiles changed sources and starts the system. The caller must stop the system in `afterAll`. */
  static async start({ env = {} }: TestSystemOptions = {}): Promise<TestSystem> {
    await compileCheckout();
    const dataDir = await mkdtemp(join(tmpdir(), 'cascade-system-'));
    const system = new TestSystem(dataDir, { ...ownEnvironment(), SIGNUPS_PER_MINUTE: '1000', ...env });
    await system.startAgain();
    return system;
  }

  /** Starts the system on free ports. After {@link stopParts}, the system keeps its data but may get other ports. */
  async startAgain(): Promise<void> {
    this.system = composeSystem({
      root,
      dataDir: this.dataDir,
      env: this.env,
      ports: 'any',
      observer: {
        onLine: ({ name }, line) => this.lines.push(`[${name}] ${line}`),
        onState: () => undefined,
      },
      report: () => undefined,
    });
    try {
      await this.system.supervisor.start();
    } catch (error) {
      await this.stop();
      throw new Error(`The system did not start. ${String(error)}\n${this.lines.join('\n')}`, {
        cause: error,
      });
    }
  }

  get natsUrl(): string {
    return this.part('broker').address!;
  }

  /** Returns the URL of a service, or of the mail catcher's page. */
  url(name: string): string {
    return this.part(name).run!.url;
  }

  part(name: string) {
    return this.system!.parts.find((part) => part.name === name)!;
  }

  /** Stops all processes and keeps their data. */
  async stopParts(): Promise<void> {
    await this.system?.supervisor.stop();
  }

  /** Stops all processes and removes their data. */
  async stop(): Promise<void> {
    await this.stopParts();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/**
 * Returns the environment of this process without the settings of the system and the variables of npm. `NODE_ENV` is always
 * `development`.
 */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !SETTINGS.test(name) && !name.startsWith('npm_'),
  );
  return { ...Object.fromEntries(own), NODE_ENV: 'development' };
}

/**
 * Compiles a checkout as `npm start` does, so that a spec that runs alone tests the current sources.
 *
 * @param path Checkout to compile. Default: this checkout.
 * @throws Error if a file does not compile
 */
export async function compileCheckout(path: string = root): Promise<void> {
  const compiler = (await import(pathToFileURL(join(root, 'tools/compile.mjs')).href)) as {
    compile(root: string): Promise<Compilation>;
  };
  const { failures } = await compiler.compile(path);
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n'));
}
