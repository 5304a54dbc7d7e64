import * as m from '#messages';
import { Problem } from './problem';

type Words = (problem: Problem) => string;

const SENTENCES: Readonly<Record<string, Words>> = {
  bad_credentials: m.problem_bad_credentials,
  not_authenticated: m.problem_not_authenticated,
  authentication_failed: m.problem_not_authenticated,
  account_required: m.problem_account_required,
  permission_denied: m.problem_permission_denied,
  guest: m.problem_guest,
  registration_closed: m.problem_registration_closed,
  csrf_failed: m.problem_csrf_failed,
  not_found: m.problem_not_found,
  duplicate: m.problem_duplicate,
  merge_conflict: m.problem_merge_conflict,
  last_owner: m.problem_last_owner,
  cannot_undo: m.problem_cannot_undo,
  nothing_to_put_back: m.problem_nothing_to_put_back,
  too_many_invites: m.problem_too_many_invites,
  too_many_items: m.problem_too_many_items,
  too_many_lists: m.problem_too_many_lists,
  too_many_members: m.problem_too_many_members,
  too_many_tokens: m.problem_too_many_tokens,
  last_superuser: m.problem_last_superuser,
  timed_out: m.problem_timed_out,
  too_large: m.problem_too_large,
  throttled: ({ retryAfter }) => m.problem_throttled({ seconds: retryAfter ?? 1 }),
  locked_out: ({ retryAfter }) =>
    m.problem_locked_out({ count: Math.max(1, Math.ceil((retryAfter ?? 0) / 60)) }),
  server_error: m.problem_server_error,
  busy: m.problem_busy,
  database_unavailable: m.problem_database_unavailable,
};

/** The server's sentences for the rules of fields, and the same in the language of the app. */
const RULES: readonly (readonly [pattern: RegExp, words: (match: RegExpExecArray) => string])[] = [
  [
    /^(?:This field (?:is required|may not be (?:blank|null))|(?:A name may|May) not be blank)\.$/,
    m.rule_required,
  ],
  [/^(?:The \w+ would be longer than|At most) ([\d,]+) characters\.$/, longest],
  [
    /^Ensure this (?:field|value) has (?:no more than|at most) (\d+) characters/,
    ([, max = '']) => m.rule_too_long({ max }),
  ],
  [/^Control characters and line breaks/, m.rule_control_characters],
  [/^A user with that username already exists\.$/, m.rule_username_taken],
  [/^Enter a valid username\./, m.rule_username],
  [/^Enter a valid email address\.$/, m.rule_email],
  [
    /^This password is too short\. .* (\d+) characters\.$/,
    ([, min = '']) => m.rule_password_short({ min }),
  ],
  [/^This password is too common\.$/, m.rule_password_common],
  [/^This password is entirely numeric\.$/, m.rule_password_digits],
  [/^The password is too similar to/, m.rule_password_similar],
  [/^That is not your password\.$/, m.rule_not_your_password],
  [/is not a valid choice\.$/, m.rule_choice],
];

export const FIELDS: Readonly<Record<string, () => string>> = {
  name: m.field_name,
  username: m.field_username,
  password: m.field_password,
  current_password: m.field_password,
  new_password: m.field_password,
  email: m.field_email,
  quantity: m.field_quantity,
  note: m.field_note,
  purchased: m.field_purchased,
  category: m.field_category,
};

/** Why a row prevents an undo, by the reason of the server. */
const UNDO_REASONS: Readonly<Record<string, (inputs: { name: string }) => string>> = {
  'was removed': m.undo_row_removed,
  'was changed since': m.undo_row_changed,
  'is there again': m.undo_row_again,
  'another open item has that name': m.undo_row_name_taken,
};

/**
 * A problem in the language of the app: by its code, and for fields by their rules.
 *
 * What is not known here keeps the sentence of the server, which is English.
 */
export function inOwnWords(problem: Problem): Problem {
  const errors = Object.fromEntries(
    Object.entries(problem.errors).map(([field, rules]) => [field, rules.map(ruleInOwnWords)]),
  );
  const rows = problem.rows.map(({ name, reason }) => ({
    name: UNDO_REASONS[reason]?.({ name }) ?? `${name} ${reason}`,
    reason: '',
  }));
  const { status, code, retryAfter, lists } = problem;
  return new Problem(status, code, sentenceOf(problem, errors), errors, retryAfter, rows, lists);
}

function sentenceOf(problem: Problem, errors: Record<string, string[]>): string {
  const [field, rules] = Object.entries(errors)[0] ?? [];
  const rule = rules?.[0];
  if (field !== undefined && rule !== undefined) {
    const name = field.split('.').at(-1) ?? field;
    return field === 'non_field_errors'
      ? rule
      : m.problem_field({ field: FIELDS[name]?.() ?? field, rule });
  }
  return SENTENCES[problem.code]?.(problem) ?? problem.message;
}

function longest([, max = '']: RegExpExecArray): string {
  return m.rule_too_long({ max: inOwnDigits(max) });
}

/** A number of the server, such as 1,000, with the separators of the language. */
export function inOwnDigits(number: string): string {
  return Number(number.replaceAll(',', '')).toLocaleString(__LOCALE__);
}

/** A rule in the language of the app, or as it is if it is not known here. */
export function ruleInOwnWords(rule: string): string {
  for (const [pattern, words] of RULES) {
    const match = pattern.exec(rule);
    if (match) return words(match);
  }
  return rule;
}
