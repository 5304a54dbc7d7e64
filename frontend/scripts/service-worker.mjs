/** Build dist/sw.js, which knows the files of the list app in each language. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { LOCALES } from './messages.mjs';

const ENTRY = 'src/lists.ts';
const BASE = '/static/';
const PUBLIC_FILES = ['icon.svg', 'icon-192.png'];
const DIST = new URL('../dist/', import.meta.url);

/** The files of a chunk and of all chunks that it imports, at once or on demand. */
function filesOf(manifest, name, names = new Set()) {
  if (names.has(name)) return [];
  names.add(name);
  const { file, css = [], imports = [], dynamicImports = [] } = manifest[name];
  const others = [...imports, ...dynamicImports];
  return [file, ...css, ...others.flatMap((other) => filesOf(manifest, other, names))];
}

function readManifest(locale) {
  return JSON.parse(readFileSync(new URL(`.vite/manifest.${locale}.json`, DIST), 'utf8'));
}

export async function buildServiceWorker() {
  const files = Object.fromEntries(
    LOCALES.map((locale) => {
      const names = [...filesOf(readManifest(locale), ENTRY), ...PUBLIC_FILES];
      return [locale, [...new Set(names)].map((name) => BASE + name).sort()];
    }),
  );
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12);
  await build({
    configFile: false,
    publicDir: false,
    define: { __FILES__: JSON.stringify(files), __BUILD__: JSON.stringify(hash) },
    build: {
      target: 'es2022',
      emptyOutDir: false,
      outDir: fileURLToPath(DIST),
      rollupOptions: {
        input: fileURLToPath(new URL('../src/service-worker/worker.ts', import.meta.url)),
        output: { entryFileNames: 'sw.js', format: 'iife' },
      },
    },
  });
}
