/**
 * Write src/protocol/types.ts from the frames of live/protocol/frames.py.
 *
 *   node scripts/types.mjs                  asks `python -m live.schema`
 *   node scripts/types.mjs schema.json      reads a file (`-` is standard input)
 *   node scripts/types.mjs --check          fails if the committed file differs
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const TARGET = new URL('../src/protocol/types.ts', import.meta.url);
const ROOT = new URL('../../', import.meta.url);
const BANNER = '/* Generated from live/protocol/frames.py by `npm run types`. Do not edit. */';

const args = process.argv.slice(2);
const check = args.includes('--check');
const source = args.find((arg) => arg !== '--check');

function python() {
  const local = new URL('.venv/bin/python', ROOT);
  return process.env.PYTHON ?? (existsSync(local) ? local.pathname : 'python3');
}

function read() {
  if (source === '-') return readFileSync(0, 'utf8');
  if (source) return readFileSync(source, 'utf8');
  return execFileSync(python(), ['-m', 'live.protocol.json_schema'], { cwd: ROOT, encoding: 'utf8' });
}

const { $defs } = JSON.parse(read());
const unions = ['ClientFrame', 'ServerFrame'].map((name) => ({ $ref: `#/$defs/${name}` }));
const schema = { title: 'Frame', oneOf: unions, $defs };

const text = await compile(schema, 'Frame', {
  bannerComment: BANNER,
  additionalProperties: false,
  unknownAny: true,
  style: { singleQuote: true, printWidth: 100 },
});

if (!check) {
  writeFileSync(TARGET, text);
} else if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) {
  console.error('src/protocol/types.ts differs from live/protocol/frames.py: run `npm run types`.');
  process.exit(1);
}
