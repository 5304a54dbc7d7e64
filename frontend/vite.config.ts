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
      input: { lists: 'src/lists.ts', dashboard: 'src/dashboard.ts', wall: 'src/wall.ts' },
      output: {
        // What several pages need is one chunk: chunks of a few hundred bytes compress badly.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /preload-helper|node_modules\/svelte|src\/(boot|stores\/current-time|ui\/Brand|ui\/Badge|ui\/Icon|stores\/lists\.svelte|ui\/ErrorMessage|ui\/avatar|stores\/relative-time|sync\/edit\.ts|net\/problem|net\/uuid|stores\/permissions)/,
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
