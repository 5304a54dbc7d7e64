import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CALL = /\bm\.([a-z][a-z0-9_]*)\(\)/g;

/**
 * A plugin of Vite that makes a build in one language, which TROLLEY_LOCALE names.
 *
 * It writes the text of a message without parameters in place of its call. So Svelte puts it
 * into the HTML of a template, and a translated component is as small and as fast as one with
 * its text in the source. Messages with parameters stay functions of the module `#messages`.
 */
export function languagePlugin() {
  const locale = process.env.TROLLEY_LOCALE ?? 'en';
  const directory = new URL(`../.paraglide/${locale}/`, import.meta.url);
  const file = new URL('fixed.json', directory);
  if (!existsSync(file)) throw new Error(`No messages in "${locale}": npm run messages`);
  const texts = JSON.parse(readFileSync(file, 'utf8'));
  return {
    name: 'trolley-language',
    enforce: 'pre',
    config: () => ({
      define: { __LOCALE__: JSON.stringify(locale) },
      resolve: {
        alias: {
          '#messages': fileURLToPath(new URL('index.js', directory)),
          '#aisle-words': fileURLToPath(
            new URL(`../src/stores/aisle-words/${locale}.ts`, import.meta.url),
          ),
        },
      },
      build: { manifest: `.vite/manifest.${locale}.json` },
    }),
    transform(code, id) {
      if (!/\/src\/.*\.(?:svelte|ts)$/.test(id) || !code.includes("'#messages'")) return null;
      const inlined = code.replace(CALL, (call, key) =>
        Object.hasOwn(texts, key) ? JSON.stringify(texts[key]) : call,
      );
      return { code: inlined, map: null };
    },
  };
}
