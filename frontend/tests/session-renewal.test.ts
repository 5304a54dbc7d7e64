import { expect, it } from 'vitest';
import { renewSessionDaily } from '../src/stores/session-renewal';
import { ManualClock } from './fake/clock';

it('renews the session of a page that stays open, each day (INS-6)', () => {
  const clock = new ManualClock();
  let requests = 0;
  renewSessionDaily(clock, {
    refresh() {
      requests += 1;
      return Promise.resolve();
    },
  });
  const hours = (count: number): void => {
    for (let hour = 0; hour < count; hour += 1) clock.advance(60 * 60 * 1000);
  };
  hours(23);
  expect(requests).toBe(0);
  hours(25);
  expect(requests).toBe(2);
});
