import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import typescript from 'typescript-eslint';
import { importRules } from './tools/lint/import-rules.mjs';

/** Options that make the rule also check type imports and imports of other workspaces. */
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
      // An `async` function without `await` is allowed. `async` turns a thrown error into the rejection that callers expect.
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
      // The rule ignores packages that it cannot resolve. With the condition `cascade:source`, the libraries resolve to their
      // sources.
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
