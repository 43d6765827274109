import type { Checkout } from '../checkout.js';
import { sourcesOf } from './import-graph.js';
import { runSystem } from './run-system.js';
import type { Screen } from './screen.js';
import { servicesGraceMs } from './stop-times.js';
import type { System } from './system.js';
import { watchSources } from './source-watcher.js';

/** `npm run dev`: the system, with those services restarted whose code has changed. */
export function main(checkout: Checkout): Promise<number> {
  return runSystem(checkout, async (system, screen) => {
    const reload = new Reload(checkout, system, screen);
    const end = await watchSources(
      checkout.root,
      ['apps', 'libs'],
      (files) => reload.run(files),
      ({ message }) => screen.say(`  Not every file can be watched: ${message}`),
    );
    screen.say('  Watching apps/ and libs/.\n');
    return end;
  });
}

class Reload {
  /** Changes that wait for a file that does not compile. */
  readonly #pending = new Set<string>();
  /** Sources of each service as of its last start: of a file that is gone, nothing else remembers who imported it. */
  readonly #sources: Promise<Map<string, Set<string>>>;

  constructor(
    private readonly checkout: Checkout,
    private readonly system: System,
    private readonly screen: Screen,
  ) {
    this.#sources = this.#readSources();
  }

  async run(files: readonly string[]): Promise<void> {
    const before = await this.#sources;
    const { compiled, removed, failures } = await this.checkout.compile();
    for (const file of [...compiled, ...removed, ...files.filter(isMigration)]) this.#pending.add(file);
    if (failures.length > 0) {
      // The old processes stay: they are better than none.
      this.screen.say(failures.map(({ message }) => message).join('\n'));
      return;
    }
    const after = await this.#readSources();
    const touched = this.system.services.filter(({ name }) => {
      const sources = [...(before.get(name) ?? []), ...(after.get(name) ?? [])];
      return [...this.#pending].some(
        (file) => sources.includes(file) || file.startsWith(`apps/${name}/migrations/`),
      );
    });
    for (const [name, sources] of after) before.set(name, sources);
    for (const service of touched) this.screen.line(service, `restarts for ${[...this.#pending].join(', ')}`);
    this.#pending.clear();
    await Promise.all(touched.map((service) => service.restart(servicesGraceMs(process.env))));
  }

  async #readSources(): Promise<Map<string, Set<string>>> {
    const entries = this.system.services.map(async ({ name }) => {
      return [name, await sourcesOf(this.checkout.root, `apps/${name}/src/main.ts`)] as const;
    });
    return new Map(await Promise.all(entries));
  }
}

function isMigration(file: string): boolean {
  return /^apps\/[^/]+\/migrations\//.test(file);
}
