import { eventually } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { isAlive } from '../tools/supervisor/data-folder.js';
import { CheckoutCopy } from './checkout-copy.js';
import { WorkingFolder, type NpmCommand } from './npm-command.js';
import { ownEnvironment, root } from './system.js';

/** Name of the new processor. The name is unusual, because the checkout may already contain generated processors. */
const NAME = 'trial-stamp';

describe.each([
  ['npm start', ['start']],
  ['npm run dev', ['run', 'dev']],
])('%s, while a processor is generated and taken out', (_, command) => {
  let checkout: CheckoutCopy;
  let folder: WorkingFolder;
  let system: NpmCommand;

  beforeAll(async () => {
    checkout = await CheckoutCopy.createWhole();
    folder = await WorkingFolder.create(checkout.path);
    system = folder.run(command, { CASCADE_CACHE: join(root, '.cache') });
    await system.shows(/Ctrl-C to stop/, 60_000);
  }, 90_000);

  afterAll(async () => {
    system.pressCtrlC();
    await system.ended;
    await folder.remove();
    await checkout.remove();
  }, 20_000);

  /** Runs `node cascade` in the folder of the running system. */
  function cascade(...args: string[]): Promise<{ code: number; output: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(checkout.path, 'cascade'), ...args],
        { cwd: folder.path, env: ownEnvironment() },
        (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      );
    });
  }

  it('starts its app, and keeps the other services running', async () => {
    const before = (await folder.running())!.parts;
    const generated = await cascade(
      ...[
        'new',
        'processor',
        NAME,
        '--consumes',
        'user.signed-up',
        '--publishes',
        `${NAME}.printed`,
        '--yes',
      ],
    );
    expect(generated).toEqual({
      code: 0,
      output: expect.stringMatching(/\nThe system that runs here starts it \(process/),
    });
    expect(generated.output).not.toMatch(/^ {2}npm start$/m);

    await system.shows(new RegExp(`^\\[${NAME}\\] +ready at http://localhost:\\d+$`, 'm'));
    const { [NAME]: added, ...others } = await eventually(async () => {
      const { parts } = (await folder.running())!;
      expect(parts).toHaveProperty(NAME);
      return parts;
    });
    expect((await fetch(`${added!.url}/health/ready`)).status).toBe(200);
    if (command[0] === 'start') expect(others).toEqual(before);
  }, 60_000);

  it('stops the app when it is removed', async () => {
    const { pid } = (await folder.running())!.parts[NAME]!;
    expect(await cascade('remove', 'processor', NAME, '--yes')).toMatchObject({ code: 0 });
    await system.shows(new RegExp(`^\\[${NAME}\\] +is no longer in nest-cli.json: stopped$`, 'm'));
    expect(isAlive(pid!)).toBe(false);
    await eventually(async () => expect((await folder.running())!.parts).not.toHaveProperty(NAME));
    expect(system.output).not.toContain(`${NAME} failed`);
  }, 30_000);

  it('reports what is wrong with an invalid list of apps, and continues', async () => {
    const list = (await checkout.content())['nest-cli.json']!;
    await checkout.write('nest-cli.json', '{');
    await system.shows(/Cannot read .*nest-cli\.json/);
    await checkout.write('nest-cli.json', list);
    const { parts } = (await folder.running())!;
    expect((await fetch(`${parts['signup']!.url}/health/ready`)).status).toBe(200);
  }, 30_000);
});
