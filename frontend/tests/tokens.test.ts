import { describe, expect, it } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { CreatedToken, Token } from '../src/protocol/rest';
import { tokenStatus, Tokens, DEFAULT_TOKEN } from '../src/stores/tokens.svelte';
import { AT } from './fake/rows';

const token: Token = {
  id: 't',
  name: 'Kitchen display',
  scope: 'tick',
  list: null,
  expires_at: null,
  created_at: AT,
  last_used_at: null,
};
const now = Date.parse(AT);

describe('a token', () => {
  it('is told in words', () => {
    expect(tokenStatus(token, null, now)).toBe('Can tick · never used');
    const narrow = { ...token, list: 'one', expires_at: '2026-11-28T10:00:00Z', last_used_at: AT };
    expect(tokenStatus(narrow, 'Groceries', now)).toBe(
      'Can tick · Groceries only · used just now · 6 days left',
    );
  });
});

describe('tokens', () => {
  function held(answer: (ask: HttpRequest) => unknown): { tokens: Tokens; asked: HttpRequest[] } {
    const asked: HttpRequest[] = [];
    const api = new Api(async <T>(ask: HttpRequest) => {
      asked.push(ask);
      return (await answer(ask)) as T;
    });
    return { tokens: new Tokens(api), asked };
  }
  const made: CreatedToken = { ...token, id: 'new', token: 's3cret' };

  it('show the secret of the one that was made, and forget it when it is revoked', async () => {
    const { tokens } = held(({ method }) => (method === 'POST' ? made : { results: [token] }));
    expect(await tokens.create({ ...DEFAULT_TOKEN, name: 'x' })).toBe(true);
    expect(tokens.created?.token).toBe('s3cret');
    await tokens.revoke(token);
    expect(tokens.created?.token).toBe('s3cret');
    await tokens.revoke(made);
    expect(tokens.created).toBeNull();
  });

  it('ask again under the same key after no answer, so that one is made', async () => {
    let broken = true;
    const { tokens, asked } = held(({ method }) => {
      if (broken) throw unreachableProblem();
      return method === 'POST' ? made : { results: [] };
    });
    expect(await tokens.create({ ...DEFAULT_TOKEN, name: 'x' })).toBe(false);
    broken = false;
    await tokens.create({ ...DEFAULT_TOKEN, name: 'x' });
    await tokens.create({ ...DEFAULT_TOKEN, name: 'x' });
    const [first, second, third] = asked.filter(({ method }) => method === 'POST');
    expect(second?.op).toBe(first?.op);
    expect(third?.op).not.toBe(first?.op);
  });

  it('say what is wrong at the field that it is about', async () => {
    const { tokens } = held(() => {
      throw parseProblem(400, { detail: 'name: Blank.', errors: { name: ['Blank.'] } }, null);
    });
    await tokens.create(DEFAULT_TOKEN);
    expect(tokens.submission.fieldError('name')).toBe('Blank.');
    expect(tokens.submission.generalError('name')).toBeNull();
    expect(tokens.submission.generalError('scope')).toBe('name: Blank.');
  });
});
