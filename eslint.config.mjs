import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import typescript from 'typescript-eslint';
import { importRules } from './tools/lint/import-rules.mjs';

/** Requires each workspace to declare every imported package in its package.json, including type imports and other workspaces. */
const DECLARED = { includeInternal: true, includeTypes: true };

export default defineConfig(
  globalIgnores(['**/dist/', '.data/', '.cache/', 'coverage/']),
  eslint.configs.recommended,
  { files: ['**/*.mjs'], languageOptions: { globals: globalsOfNode() } },
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `async` without `await` turns a throw into a rejection, as callers of a promise expect.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    plugins: { workspace: { rules: { imports: importRules } } },
    rules: { 'workspace/imports': 'error' },
  },
  {
    plugins: { 'import-x': importX },
    settings: {
      // The rule ignores packages that do not resolve. The condition `cascade:source` resolves the libraries.
      'import-x/resolver-next': [
        createNodeResolver({ conditionNames: ['cascade:source', 'import', 'node'] }),
      ],
    },
    rules: { 'import-x/no-extraneous-dependencies': ['error', DECLARED] },
  },
  {
    files: ['{apps,libs}/*/src/**'],
    ignores: ['**/*.{spec,fixture}.ts'],
    rules: { 'import-x/no-extraneous-dependencies': ['error', { ...DECLARED, devDependencies: false }] },
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  prettier,
);

function globalsOfNode() {
  return Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));
}
