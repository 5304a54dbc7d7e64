/**
 * Compile messages/*.json into .paraglide/<locale>/, one module for each message.
 *
 * `npm run build`, `lint` and `test` do it first; an unchanged catalogue is not compiled again.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from '@inlang/paraglide-js';
import ts from 'typescript';

const ROOT = new URL('../', import.meta.url);
const OUTPUT = new URL('.paraglide/', ROOT);
const STAMP = new URL('stamp', OUTPUT);
const SETTINGS = new URL('project.inlang/settings.json', ROOT);

/** The languages of the app, the one that the others are translated from first. */
export const LOCALES = JSON.parse(readFileSync(SETTINGS, 'utf8')).locales;

/** The compiler writes files of its own beside the settings, so it gets a copy of them. */
const PROJECT = new URL('project.inlang/', OUTPUT);

const catalogueFile = (locale) => new URL(`messages/${locale}.json`, ROOT);

function checksum() {
  const hash = createHash('sha256');
  const files = [fileURLToPath(import.meta.url), SETTINGS, ...LOCALES.map(catalogueFile)];
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** The exported messages of a compiled module: the code of each, and its text if it is fixed. */
function messagesOf(file) {
  const source = ts.createSourceFile('en.js', readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  return source.statements.filter(ts.isVariableStatement).map((statement) => {
    const { name, initializer } = statement.declarationList.declarations[0];
    return { key: name.text, code: statement.getText(source), text: fixedText(initializer) };
  });
}

/** The text of `() => { return (`…`) }`, or null if the message has parameters. */
function fixedText(node) {
  let text = null;
  const visit = (child) => {
    if (ts.isNoSubstitutionTemplateLiteral(child)) text = child.text;
    ts.forEachChild(child, visit);
  };
  const arrow = ts.skipOuterExpressions(node);
  if (arrow.parameters.length === 0) visit(arrow.body);
  return text;
}

function writeProject() {
  mkdirSync(PROJECT, { recursive: true });
  const settings = readFileSync(SETTINGS, 'utf8').replaceAll('"./', '"../');
  writeFileSync(new URL('settings.json', PROJECT), settings);
}

function writeLocale(locale) {
  const directory = new URL(`${locale}/`, OUTPUT);
  mkdirSync(directory);
  const messages = messagesOf(new URL(`compiled/messages/${locale}.js`, OUTPUT));
  for (const { key, code: compiled } of messages) {
    const code = withoutUnusedPlural(withFormattedCounts(compiled, locale));
    const registry = code.includes('registry.')
      ? "import * as registry from '../compiled/registry.js';\n"
      : '';
    // Types ensure that a call has the parameters of its message.
    const strict = code.replaceAll('i?.', 'i.');
    writeFileSync(new URL(`${key}.js`, directory), `${registry}${strict}\n`);
  }
  const exports = messages.map(({ key }) => `export * from './${key}.js';\n`);
  writeFileSync(new URL('index.js', directory), exports.join(''));
  const fixed = messages.filter(({ text }) => text !== null).map(({ key, text }) => [key, text]);
  writeFileSync(new URL('fixed.json', directory), JSON.stringify(Object.fromEntries(fixed)));
}

/** Write `{count}` as the language does: 2,000 or 2.000. */
function withFormattedCounts(code, locale) {
  return code.replaceAll('${i?.count}', `\${registry.number("${locale}", i?.count)}`);
}

/** Leave the plural out where all of its forms are equal: the compiler chooses one of them always. */
function withoutUnusedPlural(code) {
  return code.split('countPlural').length > 2 ? code : code.replace(/const countPlural = .*?;/, '');
}

/** The parameters of a message as a type. A count is a number, which decides a plural. */
function parametersOf({ code }) {
  const names = new Set([...code.matchAll(/\bi\?\.(\w+)/g)].map(([, name]) => name));
  const types = [...names].map(
    (name) => `${name}: ${name === 'count' ? 'number' : 'string | number'}`,
  );
  return names.size === 0 ? '' : `inputs: { ${types.join('; ')} }`;
}

/** The types of the first language are those of all: a test compares their parameters. */
function writeTypes() {
  const messages = messagesOf(new URL(`compiled/messages/${LOCALES[0]}.js`, OUTPUT));
  const types = messages.map(
    (message) => `export function ${message.key}(${parametersOf(message)}): string;\n`,
  );
  writeFileSync(new URL('messages.d.ts', OUTPUT), types.join(''));
}

/** Compile the messages, unless they have not changed since. */
export async function compileMessages() {
  const current = checksum();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === current) return;
  rmSync(OUTPUT, { recursive: true, force: true });
  // A library of the compiler reports its use. A build reaches no network.
  globalThis.fetch = () => Promise.reject(new Error('The build must not use the network.'));
  writeProject();
  await compile({
    project: fileURLToPath(new URL('.', PROJECT)).replace(/\/$/, ''),
    outdir: fileURLToPath(new URL('compiled', OUTPUT)),
    outputStructure: 'locale-modules',
    emitGitIgnore: false,
    emitPrettierIgnore: false,
    emitReadme: false,
    strategy: ['baseLocale'],
    isServer: 'false',
  });
  for (const locale of LOCALES) writeLocale(locale);
  writeTypes();
  writeFileSync(STAMP, current);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await compileMessages();
