import { parse, type AST } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';

type Message = string | readonly { match: Readonly<Record<string, string>> }[];
type Catalogue = Readonly<Record<string, Message>>;

const catalogues = Object.fromEntries(
  Object.entries(
    import.meta.glob<Catalogue>('../messages/*.json', { eager: true, import: 'default' }),
  ).map(([path, catalogue]) => [path.replace(/^.*\/(.+)\.json$/, '$1'), catalogue]),
);
const sources = import.meta.glob<string>('../src/**/*.{ts,svelte}', {
  eager: true,
  import: 'default',
  query: '?raw',
});
const TRANSLATED = /^\.\.\/src\/ui\/(?!dashboard\/).*\.svelte$/;
const components = Object.entries(sources).filter(([path]) => TRANSLATED.test(path));
const SHOWN_ATTRIBUTES = /^(?:aria-label|aria-roledescription|title|placeholder|alt|label)$/;
/** The same in every language. */
const NAME_OF_THE_APP = /\bTrolley\b/g;

const textsOf = (message: Message): string[] =>
  typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));

const parametersOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

/** The parameters of a message, and of each of its forms that they do not all have. */
function shapeOf(message: Message): string[] {
  return [...new Set(textsOf(message).flatMap(parametersOf))].sort();
}

/** The texts of a component that its source contains: in nodes, attributes and expressions. */
function ownTextsOf(source: string): string[] {
  const texts: string[] = [];
  const add = (text: string): void => {
    if (/\p{L}/u.test(text.replace(NAME_OF_THE_APP, ''))) texts.push(text.trim());
  };
  const visit = (node: AST.Fragment['nodes'][number] | AST.Attribute): void => {
    if (node.type === 'Text') add(node.data);
    if (node.type === 'ExpressionTag') literalsOf(node.expression).forEach(add);
    if (node.type === 'Attribute' && SHOWN_ATTRIBUTES.test(node.name))
      for (const part of Array.isArray(node.value) ? node.value : [])
        if (part.type === 'Text') add(part.data);
    if ('attributes' in node && Array.isArray(node.attributes))
      for (const attribute of node.attributes) if (attribute.type === 'Attribute') visit(attribute);
    for (const value of Object.values(node)) {
      if (isFragment(value)) value.nodes.forEach(visit);
    }
  };
  parse(source, { modern: true }).fragment.nodes.forEach(visit);
  return texts;
}

/** The texts that an expression may result in. */
function literalsOf(expression: AST.ExpressionTag['expression']): string[] {
  switch (expression.type) {
    case 'Literal':
      return [String(expression.value)];
    case 'TemplateLiteral':
      return expression.quasis.map(({ value }) => value.raw);
    case 'ConditionalExpression':
      return [...literalsOf(expression.consequent), ...literalsOf(expression.alternate)];
    case 'LogicalExpression':
      return literalsOf(expression.right);
    default:
      return [];
  }
}

function isFragment(value: unknown): value is AST.Fragment {
  return typeof value === 'object' && value !== null && 'nodes' in value;
}

describe('the messages (LANG-1)', () => {
  const languages = Object.keys(catalogues).sort();

  it('are there for two languages', () => {
    expect(languages).toEqual(['de', 'en']);
    expect(Object.keys(catalogues['en'] ?? {}).length).toBeGreaterThan(300);
  });

  it.each(languages)('are complete in %s, with the same parameters', (language) => {
    const shapes = (catalogue: Catalogue = {}): Record<string, string[]> =>
      Object.fromEntries(Object.entries(catalogue).map(([key, text]) => [key, shapeOf(text)]));
    expect(shapes(catalogues[language])).toEqual(shapes(catalogues['en']));
  });

  it.each(languages)('have a text in %s', (language) => {
    const empty = Object.entries(catalogues[language] ?? {}).filter(([, message]) =>
      textsOf(message).some((text) => text.trim() === ''),
    );
    expect(empty).toEqual([]);
  });

  it.each(languages)('have a form for every number in %s', (language) => {
    const incomplete = Object.entries(catalogues[language] ?? {}).filter(
      ([, message]) =>
        typeof message !== 'string' &&
        message.some(({ match }) => !Object.keys(match).some((form) => form.endsWith('=*'))),
    );
    expect(incomplete).toEqual([]);
  });

  it('are all used', () => {
    const used = new Set(
      Object.values(sources).flatMap((source) =>
        [...source.matchAll(/\bm\.([a-z][a-z0-9_]*)\b/g)].map(([, key]) => key ?? ''),
      ),
    );
    const keys = Object.keys(catalogues['en'] ?? {});
    expect(keys.filter((key) => !used.has(key))).toEqual([]);
  });
});

describe('a count in a message', () => {
  type Compiled = Record<string, (inputs: { count: number }) => string>;
  const compiled = import.meta.glob<Compiled>(
    '../.paraglide/{en,de}/{lists_to_buy,items_count}.js',
    { eager: true },
  );
  const textOf = (language: string, key: string, count: number): string | undefined =>
    compiled[`../.paraglide/${language}/${key}.js`]?.[key]?.({ count });

  it('LANG-40 has the separators of the language', () => {
    expect(textOf('en', 'lists_to_buy', 2000)).toBe('2,000 to buy');
    expect(textOf('de', 'lists_to_buy', 2000)).toBe('2.000 zu kaufen');
    expect(textOf('en', 'items_count', 10_000)).toBe('10,000 items');
    expect(textOf('de', 'items_count', 10_000)).toBe('10.000 Artikel');
    expect(textOf('en', 'items_count', 1)).toBe('1 item');
  });
});

describe('the components (LANG-1)', () => {
  it('are read', () => {
    expect(components.length).toBeGreaterThan(40);
  });

  it.each(components)('have no text of their own: %s', (_path, source) => {
    expect(ownTextsOf(source)).toEqual([]);
  });

  it.each([
    '<p>Hello</p>',
    '<button aria-label="Close"></button>',
    '<Field label="Name {x}" />',
    '{#if a}<p>{b}</p>{:else}<p>Nothing</p>{/if}',
    '{#each a as b (b)}<li title={c}>of {b}</li>{/each}',
    "<p>{'Hello'}</p>",
    "<p>{a ? 'Hello' : b}</p>",
    '<p>{a ?? `Hello ${b}`}</p>',
    '{#snippet s()}<i>x</i>{/snippet}',
    '{#await a then b}<p>x</p>{/await}',
    '<svelte:head><title>Lists · Trolley</title></svelte:head>',
  ])('would be told of a text: %s', (source) => {
    expect(ownTextsOf(source)).not.toEqual([]);
  });
});
