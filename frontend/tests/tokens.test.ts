import { describe, expect, it } from 'vitest';
import { Api } from '../src/net/api';
import type { Ask } from '../src/net/http';
import { problemOf, unreachable } from '../src/net/problem';
import type { MadeToken, Token } from '../src/protocol/rest';
import { stateOf, Tokens, USUAL } from '../src/stores/tokens.svelte';
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
    expect(stateOf(token, null, now)).toBe('Can tick · never used');
    const narrow = { ...token, list: 'one', expires_at: '2026-11-28T10:00:00Z', last_used_at: AT };
    expect(stateOf(narrow, 'Groceries', now)).toBe(
      'Can tick · Groceries only · used just now · 6 days left',
    );
  });
});

describe('tokens', () => {
  function held(answer: (ask: Ask) => unknown): { tokens: Tokens; asked: Ask[] } {
    const asked: Ask[] = [];
    const api = new Api(async <T>(ask: Ask) => {
      asked.push(ask);
      return (await answer(ask)) as T;
    });
    return { tokens: new Tokens(api), asked };
  }
  const made: MadeToken = { ...token, id: 'new', token: 's3cret' };

  it('show the secret of the one that was made, and forget it when it is revoked', async () => {
    const { tokens } = held(({ method }) => (method === 'POST' ? made : { results: [token] }));
    expect(await tokens.make({ ...USUAL, name: 'x' })).toBe(true);
    expect(tokens.made?.token).toBe('s3cret');
    await tokens.revoke(token);
    expect(tokens.made?.token).toBe('s3cret');
    await tokens.revoke(made);
    expect(tokens.made).toBeNull();
  });

  it('ask again under the same key after no answer, so that one is made', async () => {
    let broken = true;
    const { tokens, asked } = held(({ method }) => {
      if (broken) throw unreachable();
      return method === 'POST' ? made : { results: [] };
    });
    expect(await tokens.make({ ...USUAL, name: 'x' })).toBe(false);
    broken = false;
    await tokens.make({ ...USUAL, name: 'x' });
    await tokens.make({ ...USUAL, name: 'x' });
    const [first, second, third] = asked.filter(({ method }) => method === 'POST');
    expect(second?.op).toBe(first?.op);
    expect(third?.op).not.toBe(first?.op);
  });

  it('say what is wrong at the field that it is about', async () => {
    const { tokens } = held(() => {
      throw problemOf(400, { detail: 'name: Blank.', errors: { name: ['Blank.'] } }, null);
    });
    await tokens.make(USUAL);
    expect(tokens.attempt.of('name')).toBe('Blank.');
    expect(tokens.attempt.but('name')).toBeNull();
    expect(tokens.attempt.but('scope')).toBe('name: Blank.');
  });
});
