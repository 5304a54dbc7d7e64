/** The settings of a list with the edits of this user. shopping_list/list_settings.py does the same. */
import type { Shop, Staple } from '../protocol/frames';
import { isSameName, nameKey, type ListSettings, type SettingsPatch } from './edit';
import type { Outbox } from './outbox';

type ByName<Value> = Readonly<Record<string, Value>>;

const EMPTY_SHOP: Shop = { aisles: [] };
const EMPTY_STAPLE: Staple = { quantity: '', note: '', category: '' };

/** The settings of a list with the edits applied, in order. */
export function optimisticSettings(
  { aisles = [], shops = {}, staples = {} }: ListSettings,
  edits: Outbox,
): Required<ListSettings> {
  return edits.reduce<Required<ListSettings>>(
    (settings, { edit, state }) => {
      if (state === 'rejected') return settings;
      if (edit.type === 'settings') return patched(settings, edit.patch);
      if (edit.type === 'undo' && edit.settings) return patched(settings, edit.settings);
      return edit.type === 'rename aisle' ? renamed(settings, edit.from, edit.to) : settings;
    },
    { aisles, shops, staples },
  );
}

/** Settings with a patch: `aisles` are replaced, shops and staples are merged by name (RFC 7396). */
function patched(settings: Required<ListSettings>, patch: SettingsPatch): Required<ListSettings> {
  return {
    aisles: patch.aisles ?? settings.aisles,
    shops: merged(settings.shops, patch.shops, EMPTY_SHOP),
    staples: merged(settings.staples, patch.staples, EMPTY_STAPLE),
  };
}

function merged<Value extends object>(
  current: ByName<Value>,
  patch: ByName<Partial<Value> | null> = {},
  empty: Value,
): Record<string, Value> {
  const values = new Map(Object.entries(current));
  for (const [name, fields] of Object.entries(patch)) {
    if (fields === null) values.delete(name);
    else values.set(name, { ...empty, ...values.get(name), ...fields });
  }
  return Object.fromEntries(values);
}

function renamed(
  { aisles, shops, staples }: Required<ListSettings>,
  from: string,
  to: string,
): Required<ListSettings> {
  const rename = (aisle: string): string => (isSameName(aisle, from) ? to : aisle);
  return {
    aisles: uniqueNames(aisles.map(rename)),
    shops: mapValues(shops, (shop) => ({ ...shop, aisles: uniqueNames(shop.aisles.map(rename)) })),
    staples: mapValues(staples, (staple) => ({ ...staple, category: rename(staple.category) })),
  };
}

/** The patch that takes another patch of these settings back. */
export function inversePatch(
  { aisles = [], shops = {}, staples = {} }: ListSettings,
  patch: SettingsPatch,
): SettingsPatch {
  return {
    ...(patch.aisles && { aisles }),
    ...(patch.shops && { shops: valuesBefore(shops, patch.shops) }),
    ...(patch.staples && { staples: valuesBefore(staples, patch.staples) }),
  };
}

function valuesBefore<Value>(current: ByName<Value>, patch: object): Record<string, Value | null> {
  return Object.fromEntries(Object.keys(patch).map((name) => [name, current[name] ?? null]));
}

/** Names without those that are there already, in their order. */
function uniqueNames(names: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const name of names) {
    const key = nameKey(name);
    if (!byKey.has(key)) byKey.set(key, name);
  }
  return [...byKey.values()];
}

function mapValues<Value>(
  object: ByName<Value>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
