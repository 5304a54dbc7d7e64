import { expect, it } from 'vitest';
import { findChromium } from '../scripts/chromium.mjs';

it('uses the Chromium of the environment or of the path, and downloads none', () => {
  expect(findChromium({ PATH: '/nowhere' })).toBeNull();
  expect(findChromium({ TROLLEY_CHROMIUM: '/bin/sh' })).toBe('/bin/sh');
  expect(findChromium({ TROLLEY_CHROMIUM: 'sh', PATH: '/nowhere:/bin' })).toBe('/bin/sh');
  expect(() => findChromium({ TROLLEY_CHROMIUM: '/nowhere/chromium' })).toThrow(
    'TROLLEY_CHROMIUM=/nowhere/chromium is not a program.',
  );
});
