import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RandomBrowsers } from './fake/random-browsers';

declare const process: { env: Record<string, string | undefined> };

/** Set TROLLEY_MODEL_RUNS for more runs, and TROLLEY_MODEL_SEED to repeat them. */
const { env } = process;
const RUNS = Number(env.TROLLEY_MODEL_RUNS ?? 300);
const SEED = Number(env.TROLLEY_MODEL_SEED ?? 20261127);

type Action = [kind: number, a: number, b: number];

async function problemsAfter(
  browserCount: number,
  actions: readonly Action[],
  start: 'list exists' | 'no list' = 'list exists',
): Promise<string[]> {
  const browsers = new RandomBrowsers(browserCount, start);
  for (const action of actions) await browsers.act(...action);
  await browsers.settle();
  return browsers.problems();
}

describe('the sync core', () => {
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => {
    expect(console.warn).not.toHaveBeenCalled();
  });

  // Found by the test below: the edit was `sending` when its tab was closed.
  it('OFF-1 sends an edit that a closed tab was sending, although a newer one waits', async () => {
    const actions: Action[] = [
      [0, 0, 0],
      [13, 0, 55],
      [13, 0, 0],
      [16, 0, 0],
      [17, 0, 0],
      [0, 0, 0],
    ];
    expect(await problemsAfter(1, actions)).toEqual([]);
  });

  // OFF-1, OFF-3, OFF-7 and OFF-8, with one to four browsers of up to two tabs each.
  it.each(['list exists', 'no list'] as const)(
    `keeps its promises on ${RUNS} wires that lose, delay and repeat everything: %s`,
    { timeout: 0 },
    async (start) => {
      const action = fc.tuple(fc.nat(23), fc.nat(7), fc.nat(1023));
      const actions = fc.array(action, { minLength: 1, maxLength: 120, size: 'max' });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 4 }), actions, async (count, list) => {
          expect(await problemsAfter(count, list, start)).toEqual([]);
        }),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: undefined },
      );
    },
  );
});
