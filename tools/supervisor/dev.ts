import type { Checkout } from '../checkout.js';
import { applyChanges, listChanges } from './app-list.js';
import { sourcesOf } from './watch/import-graph.js';
import { runSystem } from './run-system.js';
import type { Screen } from './screen/screen.js';
import { APP_LIST } from './parts/services.js';
import { servicesGraceMs } from './stop-times.js';
import type { System } from './system.js';
import { watchSources } from './watch/source-watcher.js';

/**
 * Runs `npm run dev`, which restarts services when their code changes. Also starts and stops services when the list of apps in
 * nest-cli.json changes.
 */
export function main(checkout: Checkout): Promise<number> {
  return runSystem(checkout, {
    reloads: true,
    async whileUp(system, screen) {
      const reload = new Reload(checkout, system, screen);
      const end = await watchSources(
        checkout.root,
        ['apps', 'libs', APP_LIST],
        (files) => reload.run(files),
        ({ message }) => screen.say(`  Some files cannot be watched: ${message}`),
      );
      screen.say('  Watching apps/ and libs/.\n');
      return end;
    },
  });
}

class Reload {
  /** Changed files for which no service was restarted yet, because a file does not compile. */
  private readonly pending = new Set<string>();
  /**
   * Source files of each service at its last start. If a file is removed later, this list shows which services imported the file.
   */
  private readonly sources: Promise<Map<string, Set<string>>>;

  constructor(
    private readonly checkout: Checkout,
    private readonly system: System,
    private readonly screen: Screen,
  ) {
    this.sources = this.readSources();
  }

  async run(files: readonly string[]): Promise<void> {
    const before = await this.sources;
    const { compiled, removed, failures } = await this.checkout.compile();
    for (const file of [...compiled, ...removed, ...files.filter(isMigration)]) this.pending.add(file);
    if (failures.length > 0) {
      this.screen.say(failures.map(({ message }) => message).join('\n'));
      return;
    }
    const changes = listChanges(this.system, this.screen);
    const after = await this.readSources();
    const staying = this.system.services.filter((service) => !changes.removed.includes(service));
    const touched = staying.filter(({ name }) => {
      const sources = [...(before.get(name) ?? []), ...(after.get(name) ?? [])];
      return [...this.pending].some(
        (file) => sources.includes(file) || file.startsWith(`apps/${name}/migrations/`),
      );
    });
    for (const [name, sources] of after) before.set(name, sources);
    for (const service of touched) this.screen.line(service, `restarts for ${[...this.pending].join(', ')}`);
    this.pending.clear();
    const restarts = touched.map((service) => service.restart(servicesGraceMs(process.env)));
    await Promise.all([...restarts, applyChanges(changes, this.system, this.screen)]);
    if (changes.added.length === 0) return;
    for (const [name, sources] of await this.readSources()) before.set(name, sources);
  }

  private async readSources(): Promise<Map<string, Set<string>>> {
    const entries = this.system.services.map(async ({ name }) => {
      return [name, await sourcesOf(this.checkout.root, `apps/${name}/src/main.ts`)] as const;
    });
    return new Map(await Promise.all(entries));
  }
}

function isMigration(file: string): boolean {
  return /^apps\/[^/]+\/migrations\//.test(file);
}
