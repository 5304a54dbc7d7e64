import { describe, expect, it } from 'vitest';
import { csrfToken } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import { uuid } from '../src/net/uuid';

describe('a Problem', () => {
  it('has the code and the detail that the server sent', () => {
    const problem = parseProblem(409, { code: 'duplicate', detail: 'Milk is on the list.' }, null);
    expect(problem).toMatchObject({
      status: 409,
      code: 'duplicate',
      message: 'Milk is on the list.',
    });
  });

  it('has the errors of each field', () => {
    const problem = parseProblem(400, { title: 'Invalid', errors: { name: ['Too long.'] } }, null);
    expect(problem.errors).toEqual({ name: ['Too long.'] });
    expect(problem.message).toBe('Too long.');
  });

  it('has only the status when a proxy responds with a page', () => {
    expect(parseProblem(502, null, null).message).toBe('The server responded with status 502.');
  });

  it.each([400, 403, 404, 409, 412, 422])('%i is final', (status) => {
    expect(parseProblem(status, {}, null).isFinal).toBe(true);
  });

  it.each([0, 401, 408, 425, 429, 500, 502, 503])('%i may succeed later', (status) => {
    expect(parseProblem(status, {}, null).isFinal).toBe(false);
  });

  it('distinguishes an ended session from a missing permission', () => {
    expect(parseProblem(403, { code: 'not_authenticated' }, null).isSignedOut).toBe(true);
    expect(parseProblem(403, { code: 'permission_denied' }, null).isSignedOut).toBe(false);
    expect(unreachableProblem().isSignedOut).toBe(false);
  });

  it('has the delay that the server sent', () => {
    expect(parseProblem(429, {}, '12').retryAfter).toBe(12);
    expect(parseProblem(429, {}, null).retryAfter).toBeNull();
  });
});

describe('a request', () => {
  it('reads the CSRF token from either cookie', () => {
    expect(csrfToken('a=1; trolley_csrftoken=abc; b=2')).toBe('abc');
    expect(csrfToken('__Host-trolley_csrftoken=xyz')).toBe('xyz');
    expect(csrfToken('notcsrftoken=no')).toBeNull();
  });

  it('gets a version 4 UUID as its key', () => {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
