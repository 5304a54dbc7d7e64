import { describe, expect, it } from 'vitest';
import { describeFailure } from '../src/stores/page-failure';

const ENTRY = 'https://trolley.example/static/assets/lists-CbX1_a.js';
const AT = 'https://trolley.example/static/assets/';

function failure(message: string, ...calls: string[]): Error {
  const error = new TypeError(message);
  error.stack = [`TypeError: ${message}`, ...calls].join('\n');
  return error;
}

describe('what the log gets of an exception', () => {
  it('PAG-40 names the page without ids, the part, the calls and the build', () => {
    const error = failure(
      'x is undefined',
      `    at f (${AT}shared-Q1.js:1:20)`,
      `    at ${AT}ActivityPanel-Zz-9.js:3:4`,
      `    at Reload (${AT}lists-CbX1_a.js:5:6)`,
    );
    const path = '/lists/0b6e4f0e-8a51-4a0c-9a53-0e5a9d3b7c11/';
    expect(describeFailure(error, path, ENTRY)).toEqual({
      page: '/lists/:id/',
      part: 'ActivityPanel',
      name: 'TypeError',
      message: 'x is undefined',
      stack:
        'at f (/static/assets/shared-Q1.js:1:20), at /static/assets/ActivityPanel-Zz-9.js:3:4, ' +
        'at Reload (/static/assets/lists-CbX1_a.js:5:6)',
      build: 'lists-CbX1_a.js',
    });
  });

  it('PAG-40 is a value that the server takes, whatever was thrown', () => {
    for (const thrown of ['', null, 'a\nb', failure('x'.repeat(2000), `f@${AT}a-1.js:1:2`)]) {
      const { page, part, name, message, stack, build } = describeFailure(thrown, '/', '');
      for (const each of [page, part, name, build]) expect(each).toMatch(/^[\w$.:/-]{1,100}$/);
      expect(message.length).toBeLessThanOrEqual(300);
      expect(stack.length).toBeLessThanOrEqual(500);
      // eslint-disable-next-line no-control-regex
      expect(message + stack).not.toMatch(/[\u0000-\u001f]/);
    }
  });

  it('PAG-40 has no line breaks and no characters that change the direction of a text', () => {
    const { message } = describeFailure(new Error('a\nb\u202ec\u2028d'), '/', ENTRY);
    expect(message).toBe('a b c d');
  });
});
