import type { ItemRow, ListRow, Shop, Staple } from '../protocol/frames';
import type { FieldChange } from '../protocol/rest';

/** The fields of the only row that a change edited, before and after it. */
export type ChangedFields = Readonly<Record<string, FieldChange>>;

const ITEM_FIELDS = ['name', 'quantity', 'note', 'category', 'purchased'] as const;
/** A longer text is shortened, as the server does it in its log. */
const MAX_LENGTH = 80;

export function changedItemFields(before: ItemRow | undefined, after: ItemRow): ChangedFields {
  if (!before) return {};
  const changed = ITEM_FIELDS.filter((field) => before[field] !== after[field]);
  const fields = changed.map((field) => [
    field,
    { before: shorten(before[field]), after: shorten(after[field]) },
  ]);
  const wasMissing = Boolean(before.not_found_at);
  const isMissing = Boolean(after.not_found_at);
  return {
    ...(Object.fromEntries(fields) as ChangedFields),
    ...changedValue('shops', namesText(before.shops), namesText(after.shops)),
    ...(wasMissing !== isMissing && { not_found: { before: wasMissing, after: isMissing } }),
  };
}

/** The changed name and settings of a list; of shops and staples only those that differ. */
export function changedListFields(before: ListRow, after: ListRow): ChangedFields {
  const [shopsBefore, shopsAfter] = differences(before.shops, after.shops, shopText);
  const [staplesBefore, staplesAfter] = differences(before.staples, after.staples, stapleText);
  return {
    ...changedValue('name', before.name, after.name),
    ...changedValue('aisles', namesText(before.aisles), namesText(after.aisles)),
    ...changedValue('shops', shopsBefore, shopsAfter),
    ...changedValue('staples', staplesBefore, staplesAfter),
  };
}

/** The category of many items that had the same and got the same; nothing for other changes. */
export function commonCategory(
  pairs: readonly (readonly [ItemRow | undefined, ItemRow])[],
): ChangedFields {
  const [first] = pairs;
  const isCommon = pairs.every(
    ([before, after]) =>
      before?.category === first?.[0]?.category && after.category === first?.[1].category,
  );
  return isCommon ? changedValue('category', first?.[0]?.category, first?.[1].category) : {};
}

const namesText = (names: readonly string[] = []): string => names.join(', ');
const shopText = (name: string, { aisles }: Shop): string =>
  aisles.length > 0 ? `${name}: ${namesText(aisles)}` : name;
const stapleText = (name: string, { quantity }: Staple): string => `${quantity} ${name}`.trim();

/** The texts of the values that differ in two objects, before and after. */
function differences<Value>(
  before: Readonly<Record<string, Value>> = {},
  after: Readonly<Record<string, Value>> = {},
  textOf: (name: string, value: Value) => string,
): [string, string] {
  const textOfOthers = (
    values: Readonly<Record<string, Value>>,
    others: Readonly<Record<string, Value>>,
  ): string =>
    Object.entries(values)
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(others[name]))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => textOf(name, value))
      .join('; ');
  return [textOfOthers(before, after), textOfOthers(after, before)];
}

/** The change of one value, or of none if it is the same. */
export function changedValue(field: string, before?: string, after?: string): ChangedFields {
  if (before === undefined || after === undefined || before === after) return {};
  return { [field]: { before: shorten(before), after: shorten(after) } };
}

function shorten<Value extends string | boolean>(value: Value): Value | string {
  if (typeof value !== 'string') return value;
  const characters = Array.from(value);
  if (characters.length <= MAX_LENGTH) return value;
  return `${characters
    .slice(0, MAX_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
