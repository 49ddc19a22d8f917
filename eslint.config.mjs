import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: 'Time is a port: take a Clock.' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', { max: 300 }],
    },
  },
  { files: ['src/main/system-clock.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
    },
  },
  {
    files: ['**/*.mjs', 'bench/**', 'test/**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', Buffer: 'readonly', URL: 'readonly', setTimeout: 'readonly',
      clearTimeout: 'readonly', performance: 'readonly', setImmediate: 'readonly', fetch: 'readonly', setInterval: 'readonly',
      clearInterval: 'readonly', structuredClone: 'readonly', AbortController: 'readonly', AbortSignal: 'readonly', URLSearchParams: 'readonly' } },
  },
);
