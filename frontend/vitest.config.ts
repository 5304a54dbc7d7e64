import { playwright } from '@vitest/browser-playwright';
import { defineConfig, mergeConfig, type TestProjectConfiguration } from 'vitest/config';
import { CHROMIUM_ARGUMENTS, findChromium } from './scripts/chromium.mjs';
import viteConfig from './vite.config.ts';

const chromium = findChromium();
if (chromium === null)
  console.warn(
    'tests/components is skipped: no Chromium. `./run test` installs one, or set TROLLEY_CHROMIUM.',
  );

const componentTests = (executablePath: string): TestProjectConfiguration => ({
  extends: true,
  // The base of the build would be part of the addresses of the tests.
  base: '/',
  // A dependency that is noticed while a test runs would load its page anew.
  optimizeDeps: { include: ['svelte', 'uqr', 'idb'] },
  test: {
    name: 'components',
    // A part that is loaded later takes its time on a busy machine.
    testTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    include: ['tests/components/**/*.test.ts'],
    // All in one page: each new page would load all modules again.
    isolate: false,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      viewport: { width: 390, height: 844 },
      provider: playwright({
        launchOptions: { executablePath, args: CHROMIUM_ARGUMENTS },
        contextOptions: { locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' },
        actionTimeout: 5000,
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default mergeConfig(
  viteConfig,
  defineConfig({
    test: {
      restoreMocks: true,
      projects: [
        {
          extends: true,
          test: {
            name: 'modules',
            // Each file would load all modules again. A test that leaves something behind fails another.
            isolate: false,
            include: ['tests/**/*.test.ts'],
            exclude: ['tests/components/**'],
            environment: 'node',
          },
        },
        ...(chromium === null ? [] : [componentTests(chromium)]),
      ],
    },
  }),
);
