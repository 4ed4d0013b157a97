import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Only shared/config reads the environment; take a value of the loaded configuration.',
};

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only, so that one thing has one name everywhere.',
};

const noEnum = {
  selector: 'TSEnumDeclaration',
  message: 'Native type stripping runs no enums; use a union of string literals.',
};

const noEnvironmentBinding = {
  selector:
    "ImportDeclaration[source.value=/^(node:)?process$/], VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']",
  message: 'Use the global `process`; only shared/config reads its environment.',
};

const noGlobalDispatcher = {
  selector: "Identifier[name='setGlobalDispatcher']",
  message: 'A global dispatcher breaks the fetch of client metadata documents; pass a dispatcher instead.',
};

/** What a part gets is written where it gets it. */
const noBag = {
  selector:
    'CallExpression[callee.name=/^(create|open|start|follow|load)[A-Z]/] > ObjectExpression > SpreadElement[argument.name=/^[a-z]/]',
  message: 'Name what is handed over: a bag that is spread into a constructor hides what it needs.',
};

export default defineConfig(
  { ignores: ['node_modules/', 'coverage/', '.state/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: repository } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    rules: {
      complexity: ['error', 12],
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
      'no-restricted-properties': ['error', noEnvironment],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        noEnum,
        noEnvironmentBinding,
        noGlobalDispatcher,
        noBag,
      ],
      eqeqeq: 'error',
    },
  },
  {
    // Production speaks HTTP through shared/outgoing-http, which bounds time, size and destination.
    files: ['gateway/**', 'worker/**', 'shared/**'],
    ignores: ['shared/outgoing-http/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Use shared/outgoing-http.' }],
    },
  },
  {
    files: ['shared/config/**', 'deploy/**', 'test/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['deploy/**', 'test/run.ts', 'test/run/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, noEnvironmentBinding, noGlobalDispatcher],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A fake that implements an asynchronous contract has nothing to await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['test/tooling/*.config.*'],
    rules: { 'no-restricted-syntax': ['error', noEnum] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: { console: 'readonly', module: 'writable', process: 'readonly', URL: 'readonly' },
    },
  },
);
