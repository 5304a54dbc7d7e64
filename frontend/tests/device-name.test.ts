import { expect, test } from 'vitest';
import { deviceName } from '../src/stores/device-name';

test.each([
  ['Firefox on Android', 'Firefox on Android'],
  ['Samsung Internet on Android', 'Samsung Internet on Android'],
  ['kitchen script on the shelf', 'kitchen script on the shelf'],
  ['curl', 'curl'],
  ['', 'Unknown device'],
])('LANG-1 the device %j is named in the language of the page', (device, name) => {
  expect(deviceName(device)).toBe(name);
});
