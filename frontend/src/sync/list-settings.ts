/** The settings of a list with the edits of this user. shopping_list/list_settings.py does the same. */
import type { Shop, Staple } from '../protocol/frames';
import { isSameName, renamedNames, type ListSettings, type SettingsPatch } from './edit';
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
      if (edit.type === 'rename shop') return withRenamedShop(settings, edit.from, edit.to);
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
  const rename = (names: readonly string[]): string[] => renamedNames(names, from, to);
  return {
    aisles: rename(aisles),
    shops: mapValues(shops, (shop) => ({ ...shop, aisles: rename(shop.aisles) })),
    staples: mapValues(staples, (staple) => {
      return isSameName(staple.category, from) ? { ...staple, category: to } : staple;
    }),
  };
}

/** Of two shops that become one, the one of the new name keeps its order, if it has one. */
function withRenamedShop(
  settings: Required<ListSettings>,
  from: string,
  to: string,
): Required<ListSettings> {
  const shops = new Map(Object.entries(settings.shops));
  const nameOf = (name: string) => [...shops.keys()].find((each) => isSameName(each, name));
  const before = nameOf(from);
  const shop = before === undefined ? undefined : shops.get(before);
  if (before === undefined || !shop) return settings;
  shops.delete(before);
  const name = nameOf(to) ?? to;
  if (!shops.get(name)?.aisles.length) shops.set(name, shop);
  return { ...settings, shops: Object.fromEntries(shops) };
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

function mapValues<Value>(
  object: ByName<Value>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
