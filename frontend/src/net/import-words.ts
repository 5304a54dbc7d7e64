import * as m from '#messages';
import { FIELDS, inOwnDigits, ruleInOwnWords } from './problem-words';

/** What the server says of an import only, and the same in the language of the app. */
const RULES: readonly (readonly [pattern: RegExp, words: (match: RegExpExecArray) => string])[] = [
  [/^Must be true or false\.$/, m.rule_boolean],
  [/^Must be like (\S+)\.$/, ([, example = '']) => m.rule_example({ example })],
  [/^More cells than the header has\.$/, m.rule_too_many_cells],
  [
    /^(?:Out of range|Neither (?:a name nor|text nor|an item)|Expected \w+, got \w+$|The offset)/,
    m.rule_unreadable,
  ],
  [
    /^line (\d+): (.+)$/,
    ([, line = '', rule = '']) => m.rule_line({ line, rule: importErrorInOwnWords(rule) }),
  ],
  [/^This is no CSV/, m.rule_no_csv],
  [/^(?:Input data was|JSON is malformed|This is no JSON)/, m.rule_no_json],
  [/^(?:This is no export|It must have either|Expected |Object contains)/, m.rule_no_export],
  [/^This holds many lists/, m.rule_many_lists],
  [/^A newer Trolley/, m.rule_newer_version],
  [/^This is not UTF-8/, m.rule_not_utf8],
  [/^Column '(.+)' is twice/, ([, column = '']) => m.rule_column_twice({ column })],
  [/^The header must have/, m.rule_header],
  [/more than ([\d,]+) (?:line|item)s: import/i, mostLines],
  [/^(?:Too many combining|Lone surrogates|Characters that override)/, m.rule_characters],
];

/**
 * Why a text or a line of it cannot be imported: `name: May not be blank.`, or a rule alone.
 *
 * What is not known here keeps the sentence of the server, which is English.
 */
export function importErrorInOwnWords(error: string): string {
  const [, field, rule] = /^(\w+): (.+)$/.exec(error) ?? [];
  if (field === undefined || rule === undefined) return inWords(error);
  return m.problem_field({ field: FIELDS[field]?.() ?? field, rule: inWords(rule) });
}

function mostLines([, max = '']: RegExpExecArray): string {
  return m.rule_too_many_lines({ max: inOwnDigits(max) });
}

function inWords(rule: string): string {
  for (const [pattern, words] of RULES) {
    const match = pattern.exec(rule);
    if (match) return words(match);
  }
  return ruleInOwnWords(rule);
}
