import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  base: '/static/',
  build: {
    target: 'es2022',
    manifest: true,
    modulePreload: { polyfill: false },
    // Data URLs would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { lists: 'src/lists.ts', dashboard: 'src/dashboard.ts' },
      output: {
        // Chunks of a few hundred bytes of their own would compress badly.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /src\/(ui\/avatar|stores\/relative-time|sync\/edit\.ts|net\/problem|net\/uuid|stores\/permissions)/,
            },
          ],
        },
      },
    },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    restoreMocks: true,
  },
});
