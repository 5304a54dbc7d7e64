import * as m from '#messages';

const ENGLISH = /^(\S+(?: Internet)?) on (\S+)$/;

/** A browser and its system, which the server names in English: `Firefox on Android`. */
export function deviceName(device: string): string {
  const [, browser, system] = ENGLISH.exec(device) ?? [];
  if (browser === undefined || system === undefined) return device || m.account_device_unknown();
  return m.device_on({ browser, system });
}
