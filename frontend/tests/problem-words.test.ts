import { describe, expect, it } from 'vitest';
import { parseProblem } from '../src/net/problem';
import { inOwnWords } from '../src/net/problem-words';
import documentation from '../../docs/api.md?raw';

const codes = [...documentation.matchAll(/^\| \d{3} \| `(\w+)` \|/gm)].map(
  ([, code]) => code ?? '',
);
/** A user of the app does not meet them, or they name the field that is wrong. */
const WITHOUT_SENTENCE = new Set([
  ...['invalid', 'bad_json', 'bad_request', 'not_in_log', 'method_not_allowed', 'not_acceptable'],
  ...['id_taken', 'not_a_guest', 'fault_running', 'precondition_failed', 'address_too_long'],
  ...['unsupported_media_type', 'idempotency_key_reused', 'upgrade_required', 'headers_too_long'],
  ...['no_drill', 'no_sample'],
]);
const SERVER = 'The sentence of the server.';
const problem = (code: string, more: object = {}, retryAfter: string | null = null) =>
  inOwnWords(parseProblem(400, { code, detail: SERVER, ...more }, retryAfter));

describe('a problem in the words of the app (LANG-4)', () => {
  it('is known by its code, for every code that a user can meet', () => {
    expect(codes.length).toBeGreaterThan(30);
    const unknown = codes.filter((code) => problem(code).message === SERVER);
    expect(new Set(unknown)).toEqual(WITHOUT_SENTENCE);
  });

  it('keeps the sentence of the server if its code is not known', () => {
    expect(problem('new_code').message).toBe(SERVER);
  });

  it('names the field and the rule', () => {
    const errors = { 'items.3.name': ['Ensure this field has no more than 200 characters.'] };
    const { message, errors: rules } = problem('invalid', { errors });
    expect(message).toBe('Name: At most 200 characters.');
    expect(rules).toEqual({ 'items.3.name': ['At most 200 characters.'] });
  });

  it('keeps a rule that is not known', () => {
    const errors = { colour: ['Must be green.'] };
    expect(problem('invalid', { errors }).message).toBe('colour: Must be green.');
  });

  it('says when to try again', () => {
    expect(problem('throttled', {}, '3').message).toContain('in 3 s');
    expect(problem('locked_out', {}, '61').message).toContain('in 2 minutes');
  });

  it('says what prevents an undo', () => {
    const rows = [
      { name: 'Milk', reason: 'was removed' },
      { name: 'Eggs', reason: 'is of another kind' },
    ];
    const names = problem('cannot_undo', { rows }).rows.map(({ name, reason }) => name + reason);
    expect(names).toEqual(['Milk was removed', 'Eggs is of another kind']);
  });
});
