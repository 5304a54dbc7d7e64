import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** For a browser in a container, which may use no network. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function pathOf(name, path) {
  const paths = name.includes('/') ? [name] : path.split(delimiter).map((each) => join(each, name));
  return paths.find(isExecutable) ?? null;
}

/** The Chromium of TROLLEY_CHROMIUM or of the system, null if there is none. None is downloaded. */
export function findChromium({ TROLLEY_CHROMIUM: wanted, PATH: path = '' } = process.env) {
  if (!wanted) return NAMES.map((name) => pathOf(name, path)).find((each) => each !== null) ?? null;
  const program = pathOf(wanted, path);
  if (program === null) throw new Error(`TROLLEY_CHROMIUM=${wanted} is not a program.`);
  return program;
}
