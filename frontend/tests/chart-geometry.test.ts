import { describe, expect, it } from 'vitest';
import {
  areaPath,
  barPath,
  boxLeft,
  linePath,
  maximum,
  movingMean,
  nearestIndex,
  runsOf,
  stack,
  timeAt,
  timeTicks,
  valueTicks,
  xScale,
  yScale,
} from '../src/ui/dashboard/chart-geometry';

const area = { left: 40, top: 10, width: 300, height: 100 };
const axis = { start: 1000, end: 1300, step: 1 };
const x = xScale(axis, area);
const y = yScale(10, area);

describe('the axes', () => {
  it('map the start to the left, the end to the right, 0 to the bottom', () => {
    expect([x(1000), x(1300), y(0), y(10)]).toEqual([40, 340, 110, 10]);
  });

  it.each([
    [0.3, [0, 0.1, 0.2, 0.3]],
    [5, [0, 2, 4, 6]],
    [8, [0, 2, 4, 6, 8]],
    [14, [0, 5, 10, 15]],
    [20_000, [0, 5000, 10_000, 15_000, 20_000]],
  ])('label values up to %d with round numbers from 0', (most, ticks) => {
    expect(valueTicks(most, 4)).toEqual(ticks);
  });

  it('label times at round times of the day', () => {
    expect(timeTicks({ start: 61, end: 361, step: 1 }, 5, 0)).toEqual([120, 180, 240, 300, 360]);
    const day = 86_400;
    const india = 5.5 * 3600;
    const ticks = timeTicks({ start: 10 * day, end: 11 * day, step: 60 }, 4, india);
    expect(ticks.map((time) => ((time + india) % day) / 3600)).toEqual([6, 12, 18, 0]);
  });

  it('say the time at a pointer, also outside of the picture', () => {
    expect(timeAt(x(1234), axis, area)).toBeCloseTo(1234);
    expect([timeAt(0, axis, area), timeAt(999, axis, area)]).toEqual([1000, 1300]);
  });
});

describe('gaps', () => {
  const times = [1000, 1001, 1002, 1010, 1011, 1012];

  it('are where a value or a time is missing', () => {
    expect(runsOf(times, [1, 2, 3, 4, null, 6], 1)).toEqual([
      { first: 0, last: 2 },
      { first: 3, last: 3 },
      { first: 5, last: 5 },
    ]);
  });

  it('interrupt a line, and a single point stays visible', () => {
    expect(linePath(times, [0, 10, null, 5, 5, null], 1, x, y)).toBe('M40 110L41 10M50 60L51 60');
    expect(linePath([1000], [5], 1, x, y)).toBe('M40 60h1.5');
  });

  it('are kept by the mean, which uses no value from before a gap', () => {
    expect(movingMean(times, [9, 3, null, 4, 6, 8], 10, 1)).toEqual([9, 6, null, 4, 5, 6]);
    expect(movingMean([0, 1, 2, 3], [8, 0, 0, 4], 2, 1)).toEqual([8, 4, 0, 2]);
  });

  it('in one series of a stack are gaps in the ones above it', () => {
    const [first, second] = stack([
      [1, null],
      [2, 2],
    ]);
    expect(first).toEqual({ base: [0, 0], top: [1, null] });
    expect(second).toEqual({ base: [1, null], top: [3, null] });
  });
});

describe('bars and areas', () => {
  it('stand on 0 or on the series below, centred at their time', () => {
    const wide = { start: 1000, end: 1030, step: 10 };
    const scale = xScale(wide, area);
    const path = barPath([1010, 1020], { base: [0, 4], top: [4, 4] }, wide, 0.5, scale, y);
    expect(path).toBe('M115 110V70h50V110Z');
  });

  it('leave out what is before the axis or unknown', () => {
    expect(barPath([990, 1010], { base: [0, 0], top: [5, null] }, axis, 1, x, y)).toBe('');
  });

  it('close an area along its lower edge', () => {
    expect(areaPath([1000, 1001], { base: [0, 5], top: [10, 10] }, 1, x, y)).toBe(
      'M40 10L41 10L41 60L40 110Z',
    );
  });
});

it('finds the point that is the nearest to a time', () => {
  const times = [10, 20, 40];
  expect([5, 14, 15, 16, 31, 99].map((time) => nearestIndex(times, time))).toEqual([
    0, 0, 0, 1, 2, 2,
  ]);
  expect(nearestIndex([], 5)).toBe(-1);
});

it('finds the largest value of several series', () => {
  expect(maximum([1, null], [3, 2])).toBe(3);
  expect(maximum([], [null])).toBe(0);
});

it('keeps the value box inside of the picture', () => {
  expect(boxLeft(50, 100, 300)).toBe(60);
  expect(boxLeft(250, 100, 300)).toBe(140);
  expect(boxLeft(60, 100, 120)).toBe(0);
});
