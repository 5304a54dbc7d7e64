import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { CreatedToken, Token } from '../src/protocol/rest';
import { tokenStatus, Tokens, DEFAULT_TOKEN } from '../src/stores/tokens.svelte';
import { createFakeApi } from './fake/api';
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

describe('the status of a token', () => {
  it('names its scope, list, last use and expiry', () => {
    expect(tokenStatus(token, null, now)).toBe('Can tick · never used');
    const narrow = { ...token, list: 'one', expires_at: '2026-11-28T10:00:00Z', last_used_at: AT };
    expect(tokenStatus(narrow, 'Groceries', now)).toBe(
      'Can tick · only the list “Groceries” · used just now · 6 days left',
    );
  });
});

describe('API tokens', () => {
  function createTokens(respond: (request: HttpRequest) => unknown): {
    tokens: Tokens;
    requests: HttpRequest[];
  } {
    const { api, requests } = createFakeApi(respond);
    return { tokens: new Tokens(api), requests };
  }
  const created: CreatedToken = { ...token, id: 'new', token: 's3cret' };

  it('show the secret of a created token until it is revoked', async () => {
    const { tokens } = createTokens(({ method }) =>
      method === 'POST' ? created : { results: [token] },
    );
    expect(await tokens.create({ ...DEFAULT_TOKEN, name: 'x' })).toBe(true);
    expect(tokens.created?.token).toBe('s3cret');
    await tokens.revoke(token);
    expect(tokens.created?.token).toBe('s3cret');
    await tokens.revoke(created);
    expect(tokens.created).toBeNull();
  });

  it('reuse the idempotency key when there was no response', async () => {
    let isBroken = true;
    const { tokens, requests } = createTokens(({ method }) => {
      if (isBroken) throw unreachableProblem();
      return method === 'POST' ? created : { results: [] };
    });
    expect(await tokens.create({ ...DEFAULT_TOKEN, name: 'x' })).toBe(false);
    isBroken = false;
    await tokens.create({ ...DEFAULT_TOKEN, name: 'x' });
    await tokens.create({ ...DEFAULT_TOKEN, name: 'x' });
    const [first, second, third] = requests.filter(({ method }) => method === 'POST');
    expect(second?.op).toBe(first?.op);
    expect(third?.op).not.toBe(first?.op);
  });

  it('show an error at its field', async () => {
    const { tokens } = createTokens(() => {
      throw parseProblem(400, { detail: 'name: Blank.', errors: { name: ['Blank.'] } }, null);
    });
    await tokens.create(DEFAULT_TOKEN);
    expect(tokens.submission.fieldError('name')).toBe('Blank.');
    expect(tokens.submission.generalError('name')).toBeNull();
    expect(tokens.submission.generalError('scope')).toBe('name: Blank.');
  });
});
