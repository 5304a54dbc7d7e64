import type { ItemRow } from '../protocol/frames';
import { nameKey } from '../sync/edit';
import { AISLE_NAMES, type AisleKind } from './aisle-words/names';

/** The goods of one language. The texts are words or phrases with a separator between them. */
export interface AisleWords {
  /** A word as it is, and without the endings that it may have. */
  formsOf: (word: string) => readonly string[];
  /** The fewest letters of a word that is the end of a compound. Infinity: there are none. */
  minSuffix: number;
  /** Words that are never the end of a compound, separated by spaces. */
  wholeWords: string;
  /** Words after which a name says what the goods are for, separated by spaces. */
  ends: string;
  /** Words that say nothing about the kind, separated by spaces. */
  qualifiers: string;
  /** The names of the aisles in this language. */
  names: Readonly<Record<AisleKind, string>>;
  /** `aliases`: other names of the aisle. They and the words are separated by commas. */
  aisles: Readonly<Record<AisleKind, { words: string; aliases: string }>>;
  /** The first words, or beginnings of compounds, that decide about the kind. */
  prefixes: Readonly<Partial<Record<AisleKind, string>>>;
  /** Words of a quantity which says that the goods are preserved. */
  containers: string;
}

type Kinds = ReadonlyMap<string, AisleKind>;

const MIN_PREFIX = 4;
/** The beginning of a compound has so many letters, and one of them is a vowel. */
const MIN_BEGINNING = 3;
const VOWEL = /[aeiouyäöü]/;
/** How many items show in which aisle the members of a list look for a kind. */
const MAX_EXAMPLES = 500;

/** A list without aisles that has more open items is not new. */
const MAX_NEW = 2;

/** The kinds of goods that preserving changes. */
const FRESH: ReadonlySet<AisleKind> = new Set(['produce', 'meat', 'deli', 'pantry']);
/** The kinds of goods of which there are others for babies. */
const FOR_BABIES: ReadonlySet<AisleKind> = new Set(['care', 'household', 'dairy']);

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Finds the kind of goods that a name denotes. It rather finds none than a wrong one. */
export class AisleTable {
  readonly #kinds: Kinds;
  readonly #wholeWords: ReadonlySet<string>;
  readonly #ends: ReadonlySet<string>;
  readonly #qualifiers: ReadonlySet<string>;
  readonly #containers: ReadonlySet<string>;
  readonly #prefixes: readonly (readonly [AisleKind, string])[];

  constructor(private readonly words: AisleWords) {
    const kinds = new Map<string, AisleKind>();
    for (const [kind, { words: texts }] of Object.entries(words.aisles))
      for (const text of texts.split(',')) kinds.set(tokensOf(text).join(' '), kind as AisleKind);
    this.#kinds = kinds;
    this.#wholeWords = setOf(words.wholeWords);
    this.#ends = setOf(words.ends);
    this.#qualifiers = setOf(words.qualifiers);
    this.#containers = setOf(words.containers);
    this.#prefixes = Object.entries(words.prefixes).flatMap(([kind, text]) =>
      text.split(' ').map((prefix) => [kind as AisleKind, prefix] as const),
    );
  }

  /** The name of the aisle of a kind. */
  nameOf(kind: AisleKind): string {
    return this.words.names[kind];
  }

  get kinds(): readonly AisleKind[] {
    return Object.keys(this.words.aisles) as AisleKind[];
  }

  /** The keys of the names that the aisle of a kind may have, also in another language. */
  keysOf(kind: AisleKind): ReadonlySet<string> {
    const names = Object.values(AISLE_NAMES).map((each) => each[kind]);
    return new Set([...names, ...this.words.aisles[kind].aliases.split(',')].map(nameKey));
  }

  /** The kind of goods, null if it is not known. `quantity` may name a container. */
  kindOf(name: string, quantity = ''): AisleKind | null {
    const tokens = tokensOf(name);
    const kind = this.#kindOfPhrase(tokens.join(' ')) ?? this.#kindOfGoods(this.#goodsIn(tokens));
    const isPreserved = tokensOf(quantity).some((token) => this.#containers.has(token));
    return kind === 'produce' && isPreserved ? 'pantry' : kind;
  }

  /** The words that name the goods: not what they are for, nor what they are like. */
  #goodsIn(tokens: readonly string[]): readonly string[] {
    const end = tokens.findIndex((token, index) => index > 0 && this.#ends.has(token));
    const named = end < 0 ? tokens : tokens.slice(0, end);
    return named.filter((token) => !this.#qualifiers.has(token));
  }

  #kindOfGoods(tokens: readonly string[]): AisleKind | null {
    const text = tokens.join(' ');
    const exact = this.#kindOfPhrase(text);
    if (exact) return exact;
    for (const [kind, prefix] of this.#prefixes) {
      const rest = restAfter(text, prefix);
      if (rest !== null && isDecisive(kind, rest.isWord, this.#kindOfEnd(rest.text.split(' '))))
        return kind;
    }
    return this.#kindOfEnd(tokens);
  }

  /** The kind of the longest phrase at the end: the last word of a name says what it is. */
  #kindOfEnd(tokens: readonly string[]): AisleKind | null {
    for (const index of tokens.keys()) {
      const kind = this.#kindOfPhrase(tokens.slice(index).join(' '));
      if (kind) return kind;
    }
    return this.#kindOfCompound(tokens.at(-1) ?? '');
  }

  #kindOfPhrase(text: string): AisleKind | null {
    return this.#kinds.get(this.#knownForm(text) ?? '') ?? null;
  }

  /** The kind of the longest known word at the end of a compound. */
  #kindOfCompound(word: string): AisleKind | null {
    const { minSuffix } = this.words;
    for (let index = MIN_BEGINNING; word.length - index >= minSuffix; index += 1) {
      const known = this.#knownForm(word.slice(index));
      if (!known || known.length < minSuffix || !VOWEL.test(word.slice(0, index))) continue;
      return this.#wholeWords.has(known) ? null : (this.#kinds.get(known) ?? null);
    }
    return null;
  }

  /** A text without the endings of its last word, as the table has it. */
  #knownForm(text: string): string | undefined {
    return this.words.formsOf(text).find((form) => this.#kinds.has(form));
  }
}

/** The words of a text, without numbers. */
function tokensOf(text: string): string[] {
  return nameKey(text)
    .split(/[^\p{L}']+/u)
    .filter((token) => token !== '');
}

/** What follows a prefix, as words of its own or in a compound; null if nothing does. */
function restAfter(text: string, prefix: string): { text: string; isWord: boolean } | null {
  if (text.startsWith(`${prefix} `)) return { text: text.slice(prefix.length + 1), isWord: true };
  const rest = text.slice(prefix.length);
  const isCompound = prefix.length >= MIN_PREFIX && text.startsWith(prefix);
  return isCompound && rest.length >= MIN_BEGINNING ? { text: rest, isWord: false } : null;
}

/** Whether a prefix decides about goods. `rest` is their kind without it. */
function isDecisive(kind: AisleKind, isWord: boolean, rest: AisleKind | null): boolean {
  if (rest === null) return isWord && kind !== 'pantry';
  if (kind === 'pantry') return FRESH.has(rest);
  return kind !== 'baby' || FOR_BABIES.has(rest);
}

type Goods = Pick<ItemRow, 'name'> & Partial<Pick<ItemRow, 'quantity'>>;

/** Finds the aisle of a new item of a list: as its members name it, or as most shops do. */
export class AisleFinder {
  readonly #kinds = new WeakMap<ItemRow, AisleKind | null>();

  constructor(readonly table: AisleTable) {}

  /**
   * The aisle of a new item, with a name that is not on the list. Null: it is not known, or the
   * list has no aisles.
   */
  find(newItem: Goods, items: readonly ItemRow[], order: readonly string[]): string | null {
    return this.#hasAisles(items) ? this.aisleOf(newItem, items, order) : null;
  }

  /** The aisle of goods on a list with these items. `order` are its aisles by hand. */
  aisleOf(
    { name, quantity = '' }: Goods,
    items: readonly ItemRow[],
    order: readonly string[],
  ): string | null {
    const kind = this.table.kindOf(name, quantity);
    if (kind === null) return null;
    const aisles = items.map(({ category }) => category).filter((category) => category !== '');
    const keys = this.table.keysOf(kind);
    return (
      this.#usualAisle(kind, items) ??
      [...order, ...aisles].find((aisle) => keys.has(nameKey(aisle))) ??
      this.table.nameOf(kind)
    );
  }

  /** Whether the items of the list are in aisles, or the list is so new that they will be. */
  #hasAisles(items: readonly ItemRow[]): boolean {
    if (items.some(({ category }) => category !== '')) return true;
    const open = items.filter(({ purchased }) => !purchased);
    return open.length <= MAX_NEW && open.every((item) => !this.#kindOf(item));
  }

  /** The aisle in which most items of this kind are. */
  #usualAisle(kind: AisleKind, items: readonly ItemRow[]): string | null {
    const counts = new Map<string, number>();
    const inAisles = items.filter(({ category }) => category !== '').slice(-MAX_EXAMPLES);
    for (const item of inAisles)
      if (this.#kindOf(item) === kind)
        counts.set(item.category, (counts.get(item.category) ?? 0) + 1);
    const [usual] = [...counts].sort(([, a], [, b]) => b - a);
    return usual ? usual[0] : null;
  }

  #kindOf(item: ItemRow): AisleKind | null {
    const known = this.#kinds.get(item);
    if (known !== undefined) return known;
    const kind = this.table.kindOf(item.name, item.quantity);
    this.#kinds.set(item, kind);
    return kind;
  }
}
