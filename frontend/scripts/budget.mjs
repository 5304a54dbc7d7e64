/** Fail if the chunks of a page exceed, in any language, their limit: gzipped, in kB of 1,000 bytes. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { LOCALES } from './messages.mjs';

/** `part`: what the first page of this kind needs besides its entry. */
const BUDGETS = [
  { entry: 'src/lists.ts', part: 'src/ui/lists/ListsPage.svelte', js: 46, css: 8 },
  { entry: 'src/lists.ts', part: 'src/ui/lists/ListPage.svelte', js: 56, css: 8 },
  { entry: 'src/dashboard.ts', js: 60, css: 8 },
  { entry: 'src/wall.ts', js: 49, css: 8 },
];
const ON_DEMAND = { js: 20, css: 8 };
const DIST = new URL('../dist/', import.meta.url);

/** The chunk of an entry and all chunks that it imports statically. */
function chunksOf(manifest, name, names = new Set()) {
  if (!names.has(name)) {
    names.add(name);
    for (const imported of manifest[name].imports ?? []) chunksOf(manifest, imported, names);
  }
  return [...names].map((key) => manifest[key]);
}

const gzippedSize = (files) =>
  [...new Set(files)].reduce(
    (sum, file) => sum + gzipSync(readFileSync(new URL(file, DIST))).length,
    0,
  ) / 1000;

let isOverBudget = false;

function check(name, chunks, limits) {
  const sizes = {
    js: gzippedSize(chunks.map(({ file }) => file)),
    css: gzippedSize(chunks.flatMap(({ css }) => css ?? [])),
  };
  for (const kind of ['js', 'css']) {
    const result = sizes[kind] > limits[kind] ? 'TOO BIG' : 'ok';
    isOverBudget ||= sizes[kind] > limits[kind];
    console.log(`${name} ${kind} ${sizes[kind].toFixed(1)} kB of ${limits[kind]} ${result}`);
  }
}

for (const locale of LOCALES) {
  const file = new URL(`.vite/manifest.${locale}.json`, DIST);
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const { entry, part, ...limits } of BUDGETS) {
    const chunks = [entry, part].flatMap((name) => (name ? chunksOf(manifest, name) : []));
    check(`${locale} ${part ?? entry}`, chunks, limits);
  }
  for (const [name, chunk] of Object.entries(manifest)) {
    if (chunk.isDynamicEntry) check(`${locale} ${name}`, [chunk], ON_DEMAND);
  }
}
process.exit(isOverBudget ? 1 : 0);
