import { WorkingFolder } from './npm-command.js';
import { TestSystem } from './system.js';

// Simulates a Jest worker that a test kills. Starts a system and prints the ids of all processes of the system.
const [how] = process.argv.slice(2);
console.log(JSON.stringify(how === 'npm' ? await startByNpm() : await startParts()));

async function startByNpm(): Promise<number[]> {
  const folder = await WorkingFolder.create();
  const start = folder.run(['start']);
  await start.shows(/Ctrl-C to stop/, 60_000);
  const { pid, parts } = (await folder.running())!;
  return [start.pid, pid, ...Object.values(parts).map((part) => part.pid!)];
}

async function startParts(): Promise<number[]> {
  const system = await TestSystem.start();
  return ['broker', 'mail', 'signup', 'notifier', 'metadata-writer'].map(
    (name) => system.part(name).run!.pid!,
  );
}
