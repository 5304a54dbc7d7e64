import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { languagePlugin } from './scripts/language-plugin.mjs';

export default defineConfig({
  plugins: [languagePlugin(), svelte()],
  base: '/static/',
  build: {
    target: 'es2022',
    // scripts/build.mjs builds several languages into one directory.
    emptyOutDir: false,
    modulePreload: {
      polyfill: false,
      // The names of all chunks would be a kilobyte of each entry. A lazy part loads its own.
      resolveDependencies: (_file, names) => names.filter((name) => name.endsWith('.css')),
    },
    // Data URLs would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { lists: 'src/lists.ts', dashboard: 'src/dashboard.ts', wall: 'src/wall.ts' },
      output: {
        // Each entry has the names of the styles of all parts.
        assetFileNames: 'assets/s-[hash][extname]',
        // What several pages need is one chunk: chunks of a few hundred bytes compress badly.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /preload-helper|node_modules\/svelte|src\/(boot|stores\/current-time|ui\/(Page|ConnectionBadge|BackLink|Avatars|AddBar|LoadError|link)\b|ui\/Brand|ui\/Badge|ui\/Icon|stores\/lists\.svelte|ui\/ErrorMessage|ui\/avatar|stores\/relative-time|sync\/edit\.ts|net\/problem\.ts|net\/uuid|stores\/permissions)|\.paraglide\/(compiled|\w+\/items_count)/,
            },
            {
              // What the page of a list has in common with its parts.
              name: 'list',
              test: /src\/(stores\/(aisles|aisle-view|shops|list-choices|visits|open-list|delayed-moves|highlights)\.|sync\/(storage|list-view)\.ts)/,
            },
          ],
        },
      },
    },
  },
});
