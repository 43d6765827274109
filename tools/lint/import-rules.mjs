import { posix, relative, sep } from 'node:path';

/** Libraries that must stay usable without the rest of the workspace. */
const STANDALONE = ['libs/contracts', 'libs/jetstream'];
const TEST_KIT = 'libs/testing';
/** Folders of libs/jetstream/src, lowest first. A file imports only from its own folder and from earlier folders. */
const LAYERS = [
  'wire',
  'logging',
  'contract',
  'client',
  'circuit-breaker',
  'events',
  'declare',
  'provision',
  'publish',
  'failures',
  'settle',
  'replay',
  'removal',
  'nest',
  'consume',
  'health',
];
/** Files next to these folders that every folder may import. */
const GROUND = ['errors', 'options'];
/** Libraries that the tests of standalone libraries may import. */
const FOR_TESTS = [TEST_KIT, 'libs/embedded-broker'];

/**
 * Checks one import against the rules of the workspace. The rules are in docs/architecture.md, section "Libraries, and what they
 * may import".
 *
 * @param {string} file The importing file, relative to the checkout, with forward slashes.
 * @param {string} specifier The import's specifier, as written.
 * @returns {string | undefined} The fault and the remedy; undefined if the import is allowed.
 */
export function judgeImport(file, specifier) {
  const from = packageOf(file);
  const target = targetOf(file, specifier);
  if (!from || !target) return undefined;
  const to = packageOf(target);
  // The target is a file at the root, or a missing file. The type checker reports missing files.
  if (!to) return undefined;

  if (isLibrary(specifier)) {
    if (specifier.split('/').length > 2) {
      return `Import '${specifier.split('/').slice(0, 2).join('/')}': its index.ts exports everything that is public.`;
    }
    // Tests in `test/` import their own library by name, as other packages do.
    if (to === from && !file.startsWith(`${from}/test/`))
      return `A file of ${from} imports its siblings by relative path, not by '${specifier}'.`;
  }
  if (to === from) return isTest(file) ? undefined : judgeLayer(file, target);
  if (to.startsWith('apps/')) return 'Nothing imports an app: apps communicate through NATS subjects only.';
  if (to === 'bench') return 'Nothing imports bench/: move shared code into libs/testing.';
  if (to === 'test' && from !== 'bench')
    return 'Only bench/ imports test/: move shared code into libs/testing.';
  if (to === 'tools' && !['test', 'bench'].includes(from))
    return 'Only test/ and bench/ import tools/: move shared code into libs/.';
  if (to === TEST_KIT && !isTest(file)) return "Only specs, test/ and bench/ import '@cascade/testing'.";
  if (STANDALONE.includes(from) && !(FOR_TESTS.includes(to) && isTest(file))) {
    return `${from} imports no other package of the workspace, so that it can be used alone.`;
  }
  if (to.startsWith('libs/') && !isLibrary(specifier)) {
    return `Import '${nameOf(to)}', not a path into another package.`;
  }
  return undefined;
}

function judgeLayer(file, target) {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === undefined || to === undefined) return undefined;
  const unknown = [from, to].find(({ rank }) => rank === undefined);
  if (unknown) return `Add ${unknown.name} to LAYERS in tools/lint/import-rules.mjs.`;
  if (to.rank <= from.rank) return undefined;
  return `${from.name} cannot import ${to.name}: it comes later in LAYERS of tools/lint/import-rules.mjs. Move the code to a later folder.`;
}

function layerOf(path) {
  const [, inner] = /^libs\/jetstream\/src\/(.*)$/.exec(path) ?? [];
  if (inner === undefined) return undefined;
  const [name, ...rest] = inner.split('/');
  if (rest.length > 0) {
    return { name: `${name}/`, rank: LAYERS.includes(name) ? LAYERS.indexOf(name) : undefined };
  }
  const isGround = GROUND.includes(name.replace(/\.[jt]s$/, ''));
  return { name, rank: isGround ? -1 : LAYERS.length };
}

function isLibrary(specifier) {
  return /^(@cascade|@app\/contracts)(\/|$)/.test(specifier);
}

/** Returns the package name of a library. The contracts belong to the app, and the other libraries belong to Cascade. */
function nameOf(library) {
  return library === 'libs/contracts' ? '@app/contracts' : library.replace('libs/', '@cascade/');
}

/** Returns the target of an import, relative to the checkout; undefined for a package of npm or Node. */
function targetOf(file, specifier) {
  if (isLibrary(specifier)) return `libs/${specifier.slice(specifier.indexOf('/') + 1)}`;
  if (specifier.startsWith('@app/')) return specifier.replace('@app/', 'apps/');
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  return undefined;
}

/** Returns the package of a file: `apps/signup`, `libs/outbox`, `tools`, `test`, `bench`; undefined for files at the root. */
function packageOf(path) {
  const [folder, name] = path.split('/');
  if (folder === 'apps' || folder === 'libs') return `${folder}/${name}`;
  return ['tools', 'test', 'bench'].includes(folder) ? folder : undefined;
}

function isTest(file) {
  return /(^|\/)test\/|^bench\//.test(file) || file.startsWith(`${TEST_KIT}/`) || file.endsWith('.spec.ts');
}

/** @type {import('eslint').Rule.RuleModule} */
export const importRules = {
  meta: {
    type: 'problem',
    docs: { description: 'Apps import libs by package name, and nothing imports apps' },
    schema: [],
  },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const check = (node) => {
      const specifier = node.source?.value ?? node.source?.literal?.value;
      const message = typeof specifier === 'string' ? judgeImport(file, specifier) : undefined;
      if (message) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};
