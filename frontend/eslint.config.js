import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Layers from the bottom up: each may import itself and what stands before it. */
const layers = ['protocol', 'net', 'sync', 'stores', 'ui'];

const direction = layers.map((layer, height) => ({
  files: [`src/${layer}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: layers
          .slice(height + 1)
          .map((above) => ({
            group: [`**/${above}/**`],
            message: `${layer} may not know ${above}.`,
          }))
          .concat({
            group: ['**/lists', '**/dashboard', '**/lists.ts', '**/dashboard.ts'],
            message: 'Only the entries put the parts together.',
          }),
      },
    ],
  },
}));

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/protocol/types.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      // The stores replace whole values held in $state.raw and never change them in place.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['scripts/**', '*.config.js'], languageOptions: { globals: globals.node } },
  ...direction,
);
