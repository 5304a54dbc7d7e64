import { expect, test, vi } from 'vitest';

vi.mock('#messages', () => ({
  account_device_unknown: () => 'Unbekannt',
  device_on: ({ browser, system }: Record<string, string>) => `${browser} (${system})`,
}));
const { deviceName } = await import('../src/stores/device-name');

test('LANG-1 the name of a device is in the language of the page', () => {
  expect(deviceName('Firefox on Android')).toBe('Firefox (Android)');
  expect(deviceName('Samsung Internet on Android')).toBe('Samsung Internet (Android)');
  expect(deviceName('kitchen script on the shelf')).toBe('kitchen script on the shelf');
  expect(deviceName('')).toBe('Unbekannt');
});
