import { describe, expect, it } from 'vitest';
import { sha256 } from '../src/sync/sha256';

const hexOf = (words: Uint32Array): string =>
  [...words].map((word) => word.toString(16).padStart(8, '0')).join('');

const hexOfBytes = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('SHA-256', () => {
  it('equals that of the platform for messages of every length up to five blocks', async () => {
    for (let length = 0; length <= 320; length += 1) {
      const message = Uint8Array.from({ length }, (_, index) => (index * 37 + length) % 256);
      const expected = await crypto.subtle.digest('SHA-256', message);
      expect(hexOf(sha256(message))).toBe(hexOfBytes(new Uint8Array(expected)));
    }
  });
});
