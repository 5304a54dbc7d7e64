import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** The layers from the bottom up. Each may import itself and the layers before it. */
const layers = ['protocol', 'net', 'sync', 'storage', 'stores', 'ui'];

const layerRules = layers.map((layer, index) => ({
  files: [`src/${layer}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: layers
          .slice(index + 1)
          .map((above) => ({
            group: [`**/${above}/**`],
            message: `${layer} must not import ${above}.`,
          }))
          .concat({
            group: [
              '**/boot',
              '**/lists',
              '**/dashboard',
              '**/boot.ts',
              '**/lists.ts',
              '**/dashboard.ts',
            ],
            message: 'Only the two entries and boot.ts know all layers.',
          }),
      },
    ],
  },
}));

export default ts.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.paraglide/',
      'src/protocol/frames.ts',
      'src/protocol/rest.ts',
    ],
  },
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
      // The stores replace the values in $state.raw, and never change them in place.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['scripts/**', '*.config.js'], languageOptions: { globals: globals.node } },
  ...layerRules,
);
