import { afterEach, expect, it, vi } from 'vitest';
import { http } from '../src/net/http';

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  [{}, null],
  [{ 'Trolley-Version': '7' }, { version: 7 }],
])('a response without a body and with the headers %j is %j', async (headers, expected) => {
  vi.stubGlobal('document', { cookie: '' });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204, headers })));
  expect(await http({ method: 'DELETE', path: 'shopping-lists/one/shopping-items/milk/' })).toEqual(
    expected,
  );
});
