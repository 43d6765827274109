import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { resolve } from 'node:path';
import typescript from 'typescript-eslint';

const root = resolve(import.meta.dirname, '../..');

// The project's configuration, without the rules that require the files to exist.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    typescript.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
    { rules: { '@typescript-eslint/consistent-type-imports': 'off' } },
  ],
});

const IMPORTS = 'workspace/imports';
const DEPENDENCIES = 'import-x/no-extraneous-dependencies';

/** @param rules Names of the checked rules. Default: all rules except `no-unused-vars`, which the code below always breaks. */
async function complaints(file: string, code: string, ...rules: string[]): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: resolve(root, file) });
  return result!.messages
    .filter(({ ruleId }) =>
      rules.length > 0 ? rules.includes(ruleId!) : ruleId !== '@typescript-eslint/no-unused-vars',
    )
    .map(({ message }) => message);
}

describe('The import rules refuse', () => {
  it.each([
    [
      'an app in an app',
      'apps/signup/src/main.ts',
      '../../notifier/src/welcome.js',
      /Nothing imports an app/,
    ],
    [
      'an app in a library',
      'libs/outbox/src/relay.ts',
      '../../../apps/signup/src/main.js',
      /Nothing imports an app/,
    ],
    ['an app in a test', 'test/flow.e2e.spec.ts', '../apps/signup/src/main.js', /Nothing imports an app/],
    ['an app in a tool', 'tools/demo/demo.ts', '../../apps/signup/src/main.js', /Nothing imports an app/],
    ['an app by its name', 'apps/notifier/src/main.ts', '@app/signup', /Nothing imports an app/],
    [
      'a private file of a library',
      'apps/signup/src/main.ts',
      '@cascade/outbox/src/relay.js',
      /Import '@cascade\/outbox'/,
    ],
    [
      'a library by path',
      'apps/signup/src/main.ts',
      '../../../libs/outbox/src/index.js',
      /Import '@cascade\/outbox'/,
    ],
    [
      'a library by path from a library',
      'libs/outbox/src/relay.ts',
      '../../store/src/index.js',
      /Import '@cascade\/store'/,
    ],
    ['a library by its own name', 'libs/outbox/src/relay.ts', '@cascade/outbox', /relative path/],
    ['a library in contracts', 'libs/contracts/src/index.ts', '@cascade/jetstream', /no other package/],
    ['a library in jetstream', 'libs/jetstream/src/index.ts', '@app/contracts', /no other package/],
    [
      'contracts in a spec of jetstream',
      'libs/jetstream/src/a.int.spec.ts',
      '@app/contracts',
      /no other package/,
    ],
    ['the test kit in an app', 'apps/signup/src/main.ts', '@cascade/testing', /Only specs/],
    ['the test kit in a library', 'libs/outbox/src/relay.ts', '@cascade/testing', /Only specs/],
    ['the test kit in a tool', 'tools/demo/demo.ts', '@cascade/testing', /Only specs/],
    [
      'a tool in an app',
      'apps/signup/src/main.ts',
      '../../../tools/demo/demo.js',
      /Only test\/ and bench\/ import tools/,
    ],
    ['a test in a tool', 'tools/demo/demo.ts', '../../test/system.js', /Only bench\/ imports test/],
    ['a benchmark in a test', 'test/system.ts', '../bench/events.js', /Nothing imports bench/],
    [
      'a higher folder of the transport in a lower one',
      'libs/jetstream/src/wire/names.ts',
      '../consume/strategy.js',
      /wire\/ cannot import consume\//,
    ],
    [
      'a folder of the transport that is not in LAYERS',
      'libs/jetstream/src/wire/names.ts',
      '../attic/box.js',
      /Add attic\/ to LAYERS/,
    ],
    [
      'the module of the transport in one of its folders',
      'libs/jetstream/src/publish/event-publisher.ts',
      '../jetstream.module.js',
      /publish\/ cannot import jetstream\.module\.js/,
    ],
    ['an app in a benchmark', 'bench/main.ts', '../apps/signup/src/main.js', /Nothing imports an app/],
  ])('%s', async (_, file, specifier, complaint) => {
    expect(await complaints(file, `import { x } from '${specifier}';`, IMPORTS)).toEqual([
      expect.stringMatching(complaint),
    ]);
  });

  it.each([
    ['export … from', (path: string) => `export { x } from '${path}';`],
    ['export * from', (path: string) => `export * from '${path}';`],
    ['import()', (path: string) => `await import('${path}');`],
    ['import type', (path: string) => `import type { X } from '${path}';`],
    ['a type of import()', (path: string) => `export type X = import('${path}').X;`],
    ['a side-effect import', (path: string) => `import '${path}';`],
  ])('written as %s', async (_, code) => {
    const found = await complaints('apps/signup/src/main.ts', code('../../notifier/src/welcome.js'));
    expect(found).toContainEqual(expect.stringMatching(/Nothing imports an app/));
  });
});

describe('The import rules allow', () => {
  it.each([
    ['a library in an app', 'apps/signup/src/main.ts', '@cascade/outbox'],
    ['a library in a library', 'libs/outbox/src/relay.ts', '@cascade/store'],
    ['a library in a tool', 'tools/demo/demo.ts', '@app/contracts'],
    ['siblings', 'apps/signup/src/signups/signup.ts', '../module.js'],
    ['siblings in a standalone library', 'libs/jetstream/src/index.ts', './consumes.js'],
    ['a lower folder of the transport', 'libs/jetstream/src/consume/strategy.ts', '../wire/names.js'],
    ['the errors of the transport', 'libs/jetstream/src/wire/cloud-events.ts', '../errors.js'],
    ['folders of the transport in its index', 'libs/jetstream/src/index.ts', './health/pauses.js'],
    ['the test kit in a spec', 'apps/signup/src/signups.int.spec.ts', '@cascade/testing'],
    ['the test kit in a spec of jetstream', 'libs/jetstream/src/consume.int.spec.ts', '@cascade/testing'],
    ['the test kit and tools in test/', 'test/system.ts', '@cascade/testing'],
    [
      'a broker in a test of jetstream',
      'libs/jetstream/test/lifecycle.int.spec.ts',
      '@cascade/embedded-broker',
    ],
    ['the test kit in tests beside the sources', 'libs/outbox/test/relay.ts', '@cascade/testing'],
    ['a library in its own tests', 'libs/outbox/test/relay.int.spec.ts', '@cascade/outbox'],
    ['a tool in test/', 'test/system.ts', '../tools/supervisor/system.js'],
    ['tests in bench/', 'bench/cases/flow.ts', '../../test/crash/statistics.js'],
    ['the test kit in bench/', 'bench/rig/arena.ts', '@cascade/testing'],
    ['a library in the test kit', 'libs/testing/src/broker/broker.ts', '@cascade/embedded-broker'],
    ['a file at the root', 'test/system.ts', '../package.json'],
    ['packages of npm and Node', 'libs/contracts/src/event.ts', 'class-validator'],
  ])('%s', async (_, file, specifier) => {
    expect(await complaints(file, `import { x } from '${specifier}';`)).toEqual([]);
  });
});

describe('A package that a file may import', () => {
  const shipped = 'apps/signup/src/main.ts';

  it.each([
    ['an npm package', shipped, `import { x } from 'nodemailer';`],
    ['an npm package for its types', shipped, `import type { X } from 'nodemailer';`],
    ['an npm package that is loaded on demand', 'libs/service/src/index.ts', `await import('pg');`],
    ['a dependency of a dependency', 'libs/outbox/src/index.ts', `export { x } from '@nestjs/core';`],
    ['an npm package in a spec', 'apps/signup/src/a.unit.spec.ts', `import { x } from 'smtp-server';`],
    ['an npm package in a tool', 'tools/demo/demo.ts', `import { x } from 'nodemailer';`],
    ['a library', 'libs/service/src/index.ts', `import { x } from '@cascade/store';`],
  ])('is declared in its package.json: %s', async (_, file, code) => {
    expect(await complaints(file, code, DEPENDENCIES)).toEqual([expect.stringMatching(/should be listed/)]);
  });

  it('is a development dependency only in specs and configuration', async () => {
    const code = `import { x } from 'drizzle-kit';`;
    expect(await complaints('apps/signup/src/a.unit.spec.ts', code)).toEqual([]);
    expect(await complaints('apps/signup/drizzle.config.ts', code)).toEqual([]);
    expect(await complaints(shipped, code)).toEqual([
      expect.stringMatching(/in the project's dependencies, not devDependencies/),
    ]);
  });
});
