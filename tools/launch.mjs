import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile, compiledFolder } from './compile.mjs';
import { installDependencies } from './install.mjs';
import { OperationalError } from './operational-error.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Installs and compiles the checkout, then runs a command in this process.
 *
 * @param {string} command Path of the command's compiled module, below `tools/`.
 * @param {string[]} args Arguments after the command's name.
 * @returns {Promise<number>} The exit code.
 */
export async function launch(command, args) {
  await installDependencies(root);
  const { failures } = await compile(root);
  if (failures.length > 0) {
    throw new OperationalError(failures.map(({ message }) => message).join('\n'));
  }
  process.setSourceMapsEnabled(true);
  const { main, takesArguments } = await import(
    pathToFileURL(join(compiledFolder(root), 'tools', command)).href
  );
  if (args.length > 0 && !takesArguments) {
    throw new OperationalError(`This command takes no arguments. Remove: ${args.join(' ')}`);
  }
  return main({ root, args, compile: () => compile(root) });
}
