/** Fail if a page, or a part that is loaded later, is larger than promised: gzipped, in kB of 1,000 bytes. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGETS = [
  { entry: 'src/lists.ts', js: 45, css: 8 },
  { entry: 'src/dashboard.ts', js: 60, css: 8 },
];
const LATER = { js: 20, css: 8 };
const DIST = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8'));

/** The entry and everything that it imports at once. */
function chunksOf(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const imported of manifest[name].imports ?? []) chunksOf(imported, found);
  }
  return [...found].map((key) => manifest[key]);
}

const weigh = (files) =>
  [...new Set(files)].reduce(
    (sum, file) => sum + gzipSync(readFileSync(new URL(file, DIST))).length,
    0,
  ) / 1000;

let over = false;

function judge(name, chunks, limits) {
  const sizes = {
    js: weigh(chunks.map(({ file }) => file)),
    css: weigh(chunks.flatMap(({ css }) => css ?? [])),
  };
  for (const kind of ['js', 'css']) {
    const verdict = sizes[kind] > limits[kind] ? 'TOO BIG' : 'ok';
    over ||= sizes[kind] > limits[kind];
    console.log(`${name} ${kind} ${sizes[kind].toFixed(1)} kB of ${limits[kind]} ${verdict}`);
  }
}

for (const { entry, ...limits } of BUDGETS) judge(entry, chunksOf(entry), limits);
for (const [name, chunk] of Object.entries(manifest)) {
  if (chunk.isDynamicEntry) judge(name, [chunk], LATER);
}
process.exit(over ? 1 : 0);
