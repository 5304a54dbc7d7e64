/** Fail if modules of src/ import each other in a cycle. Type imports and components count too. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const names = readdirSync('src', { recursive: true }).filter((name) => /\.(ts|svelte)$/.test(name));
const files = new Set(names.map((name) => join('src', name)));

/** The TypeScript of a file. In a component that is its scripts and its dynamic imports. */
function scriptOf(file) {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.svelte')) return text;
  const scripts = text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g);
  const dynamicImports = text.matchAll(/import\('[^']+'\)/g);
  return [...[...scripts].map(([, script]) => script), ...dynamicImports].join(';\n');
}

function importsOf(file) {
  return ts
    .preProcessFile(scriptOf(file))
    .importedFiles.map(({ fileName }) => join(dirname(file), fileName))
    .flatMap((path) =>
      [path, `${path}.ts`].filter((candidate) => files.has(candidate)).slice(0, 1),
    );
}

const imports = new Map([...files].map((file) => [file, importsOf(file)]));
const checked = new Set();

/** Return the files of a cycle that can be reached from the last file of a path, or null. */
function findCycle(path) {
  const file = path.at(-1);
  const start = path.indexOf(file);
  if (start < path.length - 1) return path.slice(start);
  if (checked.has(file)) return null;
  for (const imported of imports.get(file)) {
    const cycle = findCycle([...path, imported]);
    if (cycle) return cycle;
  }
  checked.add(file);
  return null;
}

for (const file of files) {
  const cycle = findCycle([file]);
  if (cycle) {
    console.error(`Import cycle: ${cycle.join(' -> ')}`);
    process.exit(1);
  }
}
