import * as m from '#messages';
import type { FieldChange, Role, Verb } from '../protocol/rest';
import type { ChangedFields } from './changed-fields';
import { roleLabel } from './role-words';

/** The parts of a change of one row that its sentence needs. */
interface Edit {
  verb: Verb;
  /** The name of the row first. */
  names: readonly string[];
  listName: string;
  fields: ChangedFields;
}

type SettingSentence = (inputs: { actor: string; from: string; to: string }) => string;
type EditSentence = (inputs: { actor: string; name: string; from: string; to: string }) => string;

const QUANTITY_SENTENCES: Record<'set' | 'changed' | 'removed', EditSentence> = {
  set: m.activity_quantity_set,
  changed: m.activity_quantity_changed,
  removed: m.activity_quantity_removed,
};

const NOTE_SENTENCES: Record<'set' | 'changed' | 'removed', EditSentence> = {
  set: m.activity_note_added,
  changed: m.activity_note_changed,
  removed: m.activity_note_removed,
};

const FIELD_LABELS: Partial<Record<string, string>> = {
  name: m.name(),
  quantity: m.item_quantity(),
  note: m.item_note(),
  category: m.activity_category(),
  shops: m.activity_shops(),
};

const SETTING_LABELS: Partial<Record<string, string>> = {
  name: m.name(),
  aisles: m.activity_order_of_aisles(),
  shops: m.activity_shops(),
  staples: m.activity_staples(),
};

const SETTING_SENTENCES: Partial<Record<string, SettingSentence>> = {
  aisles: m.activity_aisles_changed,
  shops: m.activity_shops_of_list_changed,
  staples: m.activity_staples_changed,
};

/**
 * What was changed from what to what, such as "ana renamed Bread to Rye".
 *
 * Undefined for a change of which this is not known, or is said by its verb.
 */
export function editSentence(
  { verb, names, listName, fields }: Edit,
  actor: string,
): string | undefined {
  const name = names[0] ?? m.activity_an_item();
  if (verb === 'list.renamed' && fields['name'])
    return m.activity_list_renamed_to({ actor, ...valuesOf(fields['name']) });
  if (verb === 'member.role' && fields['role']) {
    const { from, to } = valuesOf(fields['role']);
    return m.activity_member_role_to({
      actor,
      name,
      from: roleLabel(from as Role),
      to: roleLabel(to as Role),
    });
  }
  if (verb === 'item.edited') return itemSentence(name, fields, actor);
  return verb === 'list.edited' ? listSentence(listName, fields, actor) : undefined;
}

function listSentence(name: string, fields: ChangedFields, actor: string): string | undefined {
  const texts = Object.entries(fields).filter(([field]) => SETTING_LABELS[field]);
  const [first, second] = texts;
  if (!first) return undefined;
  if (second) {
    const changes = changesText(texts, SETTING_LABELS);
    return m.activity_fields_changed({ actor, name, changes });
  }
  return SETTING_SENTENCES[first[0]]?.({ actor, ...shownValues(first[1]) });
}

function changesText(
  texts: readonly [string, FieldChange][],
  labels: Partial<Record<string, string>>,
): string {
  return texts
    .map(([field, change]) =>
      m.activity_field_change({ field: labels[field] ?? '', ...shownValues(change) }),
    )
    .join(', ');
}

function missingSentence(
  name: string,
  { not_found: change }: ChangedFields,
  actor: string,
): string | undefined {
  if (!change) return undefined;
  const sentence = change.after ? m.activity_not_found : m.activity_not_found_removed;
  return sentence({ actor, name });
}

function itemSentence(name: string, fields: ChangedFields, actor: string): string | undefined {
  const texts = Object.entries(fields).filter(([field]) => FIELD_LABELS[field]);
  const [first, second] = texts;
  if (!first) return missingSentence(name, fields, actor);
  if (second) {
    const changes = changesText(texts, FIELD_LABELS);
    return m.activity_fields_changed({ actor, name, changes });
  }
  const [field, change] = first;
  const values = { actor, name, ...valuesOf(change) };
  if (field === 'name') return m.activity_item_renamed(values);
  if (field === 'shops') {
    const anyShop = m.activity_any_shop();
    const shops = { from: values.from || anyShop, to: values.to || anyShop };
    return m.activity_shops_changed({ actor, name, ...shops });
  }
  if (field === 'category')
    return m.activity_category_changed({ actor, name, ...shownValues(change) });
  const sentences = field === 'note' ? NOTE_SENTENCES : QUANTITY_SENTENCES;
  if (values.to === '') return sentences.removed(values);
  return values.from === '' ? sentences.set(values) : sentences.changed(values);
}

function valuesOf({ before, after }: FieldChange): { from: string; to: string } {
  return { from: String(before), to: String(after) };
}

/** The values for an arrow between them: an empty one is a dash. */
function shownValues(change: FieldChange): { from: string; to: string } {
  const { from, to } = valuesOf(change);
  return { from: from || '–', to: to || '–' };
}
