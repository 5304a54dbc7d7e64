import type { ItemRow } from '../protocol/frames';
import type { FieldChange } from '../protocol/rest';

/** The fields of the only row that a change edited, before and after it. */
export type ChangedFields = Readonly<Record<string, FieldChange>>;

const ITEM_FIELDS = ['name', 'quantity', 'note', 'category', 'purchased'] as const;
/** A longer text is shortened, as the server does it in its log. */
const MAX_LENGTH = 80;

export function changedItemFields(before: ItemRow | undefined, after: ItemRow): ChangedFields {
  if (!before) return {};
  const changed = ITEM_FIELDS.filter((field) => before[field] !== after[field]);
  return Object.fromEntries(
    changed.map((field) => [
      field,
      { before: shorten(before[field]), after: shorten(after[field]) },
    ]),
  );
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
