/**
 * Write the types of the protocol from the server's own schemas.
 *
 *   node scripts/types.mjs            writes src/protocol/frames.ts, rest.ts and
 *                                     doctor-catalogue.json
 *   node scripts/types.mjs --check    fails if a committed file differs
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { restSchema } from './rest-schema.mjs';

const ROOT = new URL('../../', import.meta.url);
const PROTOCOL = new URL('../src/protocol/', import.meta.url);

function findPython() {
  const local = new URL('.venv/bin/python', ROOT);
  return process.env.PYTHON ?? (existsSync(local) ? local.pathname : 'python3');
}

/** The JSON that a Python command prints. It runs with an empty data directory. */
function readJson(...args) {
  const data = mkdtempSync(join(tmpdir(), 'trolley-types-'));
  try {
    const env = { ...process.env, TROLLEY_DATA: data };
    const options = { cwd: ROOT, encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 };
    return JSON.parse(execFileSync(findPython(), args, options));
  } finally {
    rmSync(data, { recursive: true });
  }
}

/** The frames of the WebSocket protocol. */
function frameSchema() {
  const { $defs } = readJson('-m', 'live.protocol.json_schema');
  const oneOf = ['ClientFrame', 'ServerFrame'].map((name) => ({ $ref: `#/$defs/${name}` }));
  return { title: 'Frame', oneOf, $defs };
}

const generated = {
  'frames.ts': ['the frames of the server', frameSchema()],
  'rest.ts': [
    'the OpenAPI document of the server',
    restSchema(readJson('manage.py', 'spectacular', '--format', 'openapi-json')),
  ],
};

async function toTypeScript(schema, source) {
  const text = await compile(schema, schema.title, {
    bannerComment: `/* Generated from ${source} by \`./run generate-types\`. Do not edit. */`,
    additionalProperties: false,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 100 },
  });
  // The root of the REST types only holds the types together.
  return text.replace(/export interface RestTypes \{[^}]*\}\n/, '');
}

const texts = {
  // A copy: the image builds the frontend from its own folder alone.
  'doctor-catalogue.json': [
    'live/doctor/catalogue.json',
    readFileSync(new URL('live/doctor/catalogue.json', ROOT), 'utf8'),
  ],
};
for (const [name, [source, schema]] of Object.entries(generated)) {
  texts[name] = [source, await toTypeScript(schema, source)];
}

let hasDrift = false;
for (const [name, [source, text]] of Object.entries(texts)) {
  const file = new URL(name, PROTOCOL);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`src/protocol/${name} differs from ${source}: run \`./run generate-types\`.`);
    hasDrift = true;
  }
}
process.exit(hasDrift ? 1 : 0);
