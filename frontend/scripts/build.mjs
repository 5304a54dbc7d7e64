/**
 * Build the app once for each language into dist/. `--watch` builds again after each change.
 *
 * Each build has a manifest of its own, `.vite/manifest.<locale>.json`. Files with the same
 * content have the same name, so the languages share them.
 */
import { rmSync } from 'node:fs';
import { build } from 'vite';
import { compileMessages, LOCALES } from './messages.mjs';
import { buildServiceWorker } from './service-worker.mjs';

const isWatching = process.argv.includes('--watch');

await compileMessages();
rmSync(new URL('../dist/', import.meta.url), { recursive: true, force: true });
for (const locale of LOCALES) {
  process.env.TROLLEY_LOCALE = locale;
  await build({ build: isWatching ? { watch: {} } : {} });
}
await buildServiceWorker();
