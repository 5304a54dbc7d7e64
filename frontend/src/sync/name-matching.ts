import { foldText, nameKey } from './edit';
import type { KnownName } from './known-name';

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u;

/** Where a name matches: at its beginning (0), at the beginning of a word (1), or within one (2). */
interface Match {
  place: 0 | 1 | 2;
  index: number;
}

function matchOf(key: string, part: string): Match | null {
  const first = key.indexOf(part);
  if (first < 0) return null;
  if (first === 0) return { place: 0, index: 0 };
  for (let index = first; index > 0; index = key.indexOf(part, index + 1)) {
    if (!WORD_CHARACTER.test(characterBefore(key, index))) return { place: 1, index };
  }
  return { place: 2, index: first };
}

/** The whole character, also if it is two code units. */
function characterBefore(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(Math.max(0, index - 2)) ?? 0).length === 2
    ? text.slice(index - 2, index)
    : text.charAt(index - 1);
}

/**
 * The names that match one of these texts: first those that begin with it, then those with a word
 * that begins with it, then those that contain it. `names` are in the order of their rank, which
 * decides among them.
 *
 * `isHidden`: whether a name, by its key, is left out.
 */
export function matchingNames(
  names: readonly KnownName[],
  texts: readonly string[],
  limit: number,
  isHidden: (key: string) => boolean = () => false,
): KnownName[] {
  const parts = [...new Set(texts.map(nameKey))].filter((part) => part !== '');
  const places: [KnownName[], KnownName[], KnownName[]] = [[], [], []];
  for (const known of names) {
    let best: Match | null = null;
    for (const part of parts) {
      const match = matchOf(known.key, part);
      if (match && (!best || match.place < best.place)) best = match;
    }
    if (!best || isHidden(known.key)) continue;
    const matches = places[best.place];
    if (matches.length < limit) matches.push(known);
    if (places[0].length === limit) break;
  }
  return places.flat().slice(0, limit);
}

/**
 * The rows to show when more names are known than before: the rows that are shown keep their
 * place, because one of them may be under a finger.
 */
export function mergedRows(
  shown: readonly KnownName[],
  found: readonly KnownName[],
  limit: number,
): KnownName[] {
  const byKey = new Map(found.map((known) => [known.key, known]));
  const kept = shown.map((known) => byKey.get(known.key) ?? known);
  const keys = new Set(shown.map(({ key }) => key));
  return [...kept, ...found.filter(({ key }) => !keys.has(key))].slice(0, limit);
}

/** The part of a name that was typed, as a start and an end. Null: nothing to show in bold. */
export function typedRange(name: string, texts: readonly string[]): [number, number] | null {
  const ranges = texts.map((text) => rangeIn(name, nameKey(text)));
  return ranges.find((range) => range !== null) ?? null;
}

/** Folding may change the length of a name, such as that of ß. Then the parts are compared. */
function rangeIn(name: string, part: string): [number, number] | null {
  if (part === '') return null;
  const folded = foldText(name);
  const match = matchOf(folded, part);
  if (folded.length === name.length) return match && [match.index, match.index + part.length];
  for (let start = 0; start < name.length; start += 1) {
    if (!nameKey(name.slice(start)).startsWith(part) || /^\s/.test(name.slice(start))) continue;
    for (let end = start + 1; end <= name.length; end += 1) {
      if (nameKey(name.slice(start, end)) === part) return [start, end];
    }
  }
  return null;
}
