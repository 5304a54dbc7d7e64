import { isEqualName, rankOf, type KnownName } from './known-name';

/** Names in the order of their rank. One changed name does not sort thousands again. */
export class RankedNames {
  readonly #names = new Map<string, KnownName>();
  /** Null: it must be sorted. */
  #order: KnownName[] | null = [];
  #isChangingMany = false;

  get size(): number {
    return this.#names.size;
  }

  get(key: string): KnownName | undefined {
    return this.#names.get(key);
  }

  values(): IterableIterator<KnownName> {
    return this.#names.values();
  }

  /** Add a name or replace it. Returns whether something has changed. */
  set(name: KnownName): boolean {
    const old = this.#names.get(name.key);
    if (old && isEqualName(old, name)) return false;
    this.#removeFromOrder(old);
    this.#names.set(name.key, name);
    this.#order?.splice(placeIn(this.#order, name), 0, name);
    return true;
  }

  delete(key: string): void {
    this.#removeFromOrder(this.#names.get(key));
    this.#names.delete(key);
  }

  clear(): void {
    this.#names.clear();
    this.#order = [];
  }

  /** Change many names: they are sorted once, after all of them, and not if none has changed. */
  changeMany(change: () => void): void {
    this.#isChangingMany = true;
    change();
    this.#isChangingMany = false;
  }

  /** All names, the highest rank first. */
  inOrder(): readonly KnownName[] {
    this.#order ??= [...this.#names.values()]
      .map((name) => ({ name, rank: rankOf(name) }))
      .sort((a, b) => b.rank - a.rank || compareKeys(a.name, b.name))
      .map(({ name }) => name);
    return this.#order;
  }

  #removeFromOrder(name: KnownName | undefined): void {
    if (this.#isChangingMany) this.#order = null;
    else if (name) this.#order?.splice(this.#order.indexOf(name), 1);
  }
}

/** The index of a name in names that are in order. */
function placeIn(order: readonly KnownName[], name: KnownName): number {
  const rank = rankOf(name);
  let [start, end] = [0, order.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    const other = order[middle];
    const distance = other ? rankOf(other) - rank || compareKeys(name, other) : 0;
    if (distance > 0) start = middle + 1;
    else end = middle;
  }
  return start;
}

function compareKeys(a: KnownName, b: KnownName): number {
  return a.key < b.key ? -1 : 1;
}
