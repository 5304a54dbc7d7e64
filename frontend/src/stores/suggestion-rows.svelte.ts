import type { ItemRow } from '../protocol/frames';
import type { KnownName } from '../sync/known-name';
import { byClaim, type ViewRow } from '../sync/optimistic-view';
import { keyOfItem } from '../sync/edit';
import { mergedRows } from '../sync/name-matching';
import type { ItemInput } from './item-input.svelte';
import type { KnownNames } from './known-names.svelte';
import type { ParsedLine } from './quantity';
import { raisedQuantity } from './raised-quantity';

/** What the rows need of the list that is shown. */
export interface SuggestionTarget {
  readonly id: string;
  /** Those of all shops. */
  readonly allOpenRows: readonly ViewRow[];
  readonly boughtRows: readonly ViewRow[];
  add(fields: { name: string; quantity?: string; note?: string; category?: string }): void;
  change(item: string, name: string, fields: { quantity: string }): void;
}

/** The items of these names on a list, by key. An open item has priority over bought ones. */
export function itemsOfNames(
  list: Pick<SuggestionTarget, 'allOpenRows' | 'boughtRows'>,
  names: readonly KnownName[],
): ReadonlyMap<string, ItemRow> {
  const keys = new Set(names.map(({ key }) => key));
  const items = new Map<string, ItemRow>();
  if (keys.size === 0) return items;
  for (const rows of [list.allOpenRows, list.boughtRows]) {
    for (const { item } of rows) {
      const key = keyOfItem(item);
      const other = keys.has(key) ? items.get(key) : item;
      if (other !== item && (!other || byClaim(other, item) < 0)) items.set(key, item);
    }
  }
  return items;
}

/** The suggestions for what is typed into the field that adds items. */
export class SuggestionRows {
  /** The best one first. They stay as they are until the text changes. */
  shown = $state.raw<readonly KnownName[]>([]);
  /** The typed line, and the name in it. */
  texts = $state.raw<readonly string[]>([]);
  /** The key of the row that the keys have chosen. */
  active = $state<string | null>(null);
  /** The key of the row whose menu is open. */
  menu = $state<string | null>(null);
  readonly items: ReadonlyMap<string, ItemRow> = $derived.by(() =>
    itemsOfNames(this.list, this.shown),
  );
  /** The typed line. Null once a row was taken for it. */
  #line = $state.raw<ParsedLine | null>(null);
  #limit = 0;
  /** The row that was taken last, and how much of it is bought at once. */
  #taken: { key: string; usual: string } | null = null;

  constructor(
    private readonly names: KnownNames,
    private readonly list: SuggestionTarget,
    private readonly input: ItemInput,
    private readonly show: (itemId: string) => void,
  ) {}

  /** The text has changed. */
  setText(text: string, limit: number): void {
    const trimmed = text.trim();
    this.#line = trimmed === '' ? null : this.input.parse(trimmed);
    this.texts = this.#line ? [trimmed, this.#line.name] : [];
    this.#limit = limit;
    this.active = this.menu = this.#taken = null;
    this.shown = this.names.search(this.texts, limit);
    if (this.shown.length < limit) this.names.ask(this.#line?.name ?? '');
    else this.names.stopAsking();
  }

  /** Do what this text would need, without a text to show, so that the first one does not wait. */
  prepare(text: string, limit: number): void {
    if (this.texts.length > 0) return;
    const { name } = this.input.parse(text);
    this.shown = this.names.search([text, name], limit);
  }

  /** More names are known now. The rows that are shown keep their place. */
  update(): void {
    if (this.texts.length === 0 || this.#taken) return;
    this.shown = mergedRows(this.shown, this.names.search(this.texts, this.#limit), this.#limit);
  }

  close(): void {
    this.names.stopAsking();
    this.shown = this.texts = [];
    this.active = this.menu = this.#taken = null;
  }

  /** Choose the next row above, or below with -1. Behind the last one comes the first one. */
  move(by: 1 | -1): void {
    const { length } = this.shown;
    const index = this.shown.findIndex(({ key }) => key === this.active);
    const next = index < 0 ? 0 : (index + by + length) % length;
    this.active = this.shown[next]?.key ?? null;
  }

  /** Whether a row was taken for the current text, which is no longer in the field. */
  get isTaken(): boolean {
    return this.#taken !== null;
  }

  /** The quantity that taking a row adds: the typed one, or else the last one. */
  quantityOf({ quantity }: KnownName): string {
    return this.#line?.quantity || quantity;
  }

  /**
   * Take a row: add its name, put it back from the cart, or show where it is on the list. The
   * second time, raise its quantity.
   */
  take(key: string | null): void {
    const known = this.shown.find((name) => name.key === key);
    if (!known) return;
    const item = this.items.get(known.key) ?? null;
    this.menu = null;
    if (this.#taken?.key === known.key && item?.purchased === false) this.#raise(item);
    else {
      const { quantity = '', note = '' } = this.#line ?? {};
      const usual = this.quantityOf(known);
      if (item?.purchased === false) this.show(item.id);
      else {
        // An item that is put back has its last quantity already.
        const fields = item
          ? { quantity, note, category: '' }
          : { quantity: usual, note, category: known.category };
        this.list.add({ name: known.name, ...withoutEmpty(fields) });
      }
      this.#taken = { key: known.key, usual };
    }
    this.#line = null;
  }

  #raise(item: ItemRow): void {
    const quantity = raisedQuantity(item.quantity, this.#taken?.usual ?? '');
    if (quantity === null || quantity.length > 50) this.show(item.id);
    else this.list.change(item.id, item.name, { quantity });
  }

  /** Suggest a name no more. Its row disappears. */
  forget(known: KnownName): void {
    this.menu = this.active = null;
    this.shown = this.shown.filter(({ key }) => key !== known.key);
    void this.names.decide(known.name, true);
  }
}

/** The fields that have a text. */
export function withoutEmpty<Fields extends Record<string, string>>(
  fields: Fields,
): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== ''),
  ) as Partial<Fields>;
}
