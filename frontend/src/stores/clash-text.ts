import * as m from '#messages';
import type { Clash } from '../sync/clash';

/** How much of a text a line about a clash says, in characters. */
const MAX_LENGTH = 60;

/** Who replaced what, such as "Ben's “Rye” replaced your “Spelt”". */
export function clashText(clash: Clash): string {
  const sentence = sentenceOf(clash);
  const isName = clash.field === 'name';
  return isName ? sentence : m.clash_of_item({ name: shortened(clash.label), sentence });
}

/** The text that the other edit replaced. */
export function textToUse({ kept, mine, theirs }: Clash): string {
  return kept === 'mine' ? theirs : mine;
}

function sentenceOf({ kept, by, ...texts }: Clash): string {
  const [mine, theirs] = [shortened(texts.mine), shortened(texts.theirs)];
  if (kept === 'theirs') {
    const values = { by: by ?? m.activity_someone(), mine, theirs };
    return theirs === '' ? m.clash_mine_removed(values) : m.clash_mine_replaced(values);
  }
  if (by === null) return m.clash_theirs_unknown({ mine: mine || '–', theirs });
  const values = { by, mine, theirs };
  return mine === '' ? m.clash_theirs_removed(values) : m.clash_theirs_replaced(values);
}

function shortened(text: string): string {
  const characters = Array.from(text.replaceAll('\n', ' '));
  return characters.length > MAX_LENGTH
    ? `${characters.slice(0, MAX_LENGTH).join('')}…`
    : characters.join('');
}
