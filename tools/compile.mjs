import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const STAMP_FILE = '.options';
const PACKAGES = ['apps', 'libs', 'tools', 'test', 'bench'];

/** Returns the folder of the compiled tree: `apps/x/src/y.ts` becomes `<folder>/apps/x/src/y.js`. */
export function compiledFolder(root) {
  return join(root, 'dist', 'dev');
}

/**
 * Compiles every source file whose modification time differs from the time of its output, and removes outputs without a source.
 * Compiles all files after a change of the compiler or its options. The compiler only strips the types, and `npm run typecheck`
 * checks them. Several processes may compile at the same time.
 *
 * @param {string} root The checkout.
 * @returns {Promise<{ compiled: string[], removed: string[], failures: { file: string, message: string }[] }>} Paths of sources,
 *   relative to `root`. A file that failed keeps its old output, and the next call compiles the file again.
 */
export async function compile(root) {
  const out = compiledFolder(root);
  const options = await compilerOptions(root);
  const stamp = await stampOf(root, options);
  const sameStamp = (await readFile(join(out, STAMP_FILE), 'utf8').catch(ignoreMissing)) === stamp;
  const [sources, outputs] = await Promise.all([findSources(root), findOutputs(out)]);
  const isStale = ([file, modified]) => !sameStamp || !isCurrent(outputs.get(file), modified);
  const stale = [...sources].filter(isStale);
  const removed = [...outputs.keys()].filter((file) => !sources.has(file));

  const { compiled, failures } = await compileFiles(root, out, stale, options);
  await Promise.all(removed.map((file) => removeOutput(out, file)));
  if (!sameStamp && failures.length === 0) await writeAtomically(join(out, STAMP_FILE), stamp);
  return { compiled, removed, failures };
}

async function compileFiles(root, out, files, options) {
  const compiled = [];
  const failures = [];
  if (files.length === 0) return { compiled, failures };
  // This large native module is loaded on demand, because most starts have nothing to compile.
  const { default: swc } = await import('@swc/core');
  await Promise.all(
    files.map(async ([file, modified]) => {
      try {
        await compileFile(swc, root, out, file, modified, options);
        compiled.push(file);
      } catch (error) {
        failures.push({ file, message: `${file} does not compile:\n${excerpt(error)}` });
      }
    }),
  );
  return { compiled, failures };
}

async function compilerOptions(root) {
  const [swcrc, tsconfig] = await Promise.all(
    ['.swcrc', 'tsconfig.json'].map((file) => readJson(root, file)),
  );
  return {
    ...swcrc,
    swcrc: false,
    configFile: false,
    sourceMaps: true,
    module: { type: 'nodenext', resolveFully: true },
    jsc: { ...swcrc.jsc, baseUrl: root, paths: tsconfig.compilerOptions.paths },
  };
}

/** Returns a stamp that identifies the options and the compiler. Outputs with another stamp are stale. */
async function stampOf(root, options) {
  const { version } = await readJson(root, 'node_modules/@swc/core/package.json');
  return createHash('sha256')
    .update(JSON.stringify([version, options]))
    .digest('hex');
}

async function readJson(root, file) {
  return JSON.parse(await readFile(join(root, file), 'utf8'));
}

/** @returns {Promise<Map<string, Date>>} Time of the last change, by path of the source file relative to the root. */
async function findSources(root) {
  const files = await findFiles(root, PACKAGES, (name) => {
    return name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.endsWith('.d.ts');
  });
  return new Map(files.map(({ file, modified }) => [file, modified]));
}

/** @returns {Promise<Map<string, Date>>} Time of the output, by path of its source file relative to the root. */
async function findOutputs(out) {
  const files = await findFiles(out, PACKAGES, (name) => name.endsWith('.js'));
  return new Map(files.map(({ file, modified }) => [file.replace(/\.js$/, '.ts'), modified]));
}

async function findFiles(from, folders, wanted) {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(from, folder), { withFileTypes: true }).catch(ignoreMissing);
      const inside = (entries ?? []).filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'));
      const folders = inside.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
      const files = inside
        .filter((entry) => entry.isFile() && wanted(entry.name))
        .map(({ name }) => `${folder}/${name}`);
      const dated = files.map(async (file) => {
        const status = await stat(join(from, file)).catch(ignoreMissing);
        return status && { file, modified: status.mtime };
      });
      return [...(await Promise.all(dated)).filter(Boolean), ...(await findFiles(from, folders, wanted))];
    }),
  );
  return found.flat();
}

/**
 * True if an output has the modification time of its source. A source that is older than its output also counts as changed,
 * because an older version may have been restored.
 */
function isCurrent(output, source) {
  return output !== undefined && Math.abs(output.getTime() - source.getTime()) < 2;
}

async function compileFile(swc, root, out, file, modified, options) {
  const source = join(root, file);
  const output = join(out, file.replace(/\.ts$/, '.js'));
  const { code, map } = await swc.transformFile(source, options);
  const sourceMap = {
    ...JSON.parse(map),
    sources: [relative(dirname(output), source)],
    sourcesContent: undefined,
  };
  const mapName = `${output.slice(dirname(output).length + 1)}.map`;

  await writeAtomically(`${output}.map`, JSON.stringify(sourceMap));
  await writeAtomically(output, `${code}//# sourceMappingURL=${mapName}\n`, modified);
}

/** Returns the message without the compiler's own backtrace. */
function excerpt(error) {
  return error.message.split('\n\nCaused by:')[0].trimEnd();
}

/** Writes a file atomically, so that other processes never read incomplete content. */
async function writeAtomically(file, content, modified) {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, content);
  if (modified) await utimes(temporary, modified, modified);
  await rename(temporary, file);
}

async function removeOutput(out, file) {
  const output = join(out, file.replace(/\.ts$/, '.js'));
  await Promise.all([output, `${output}.map`].map((path) => rm(path, { force: true })));
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
