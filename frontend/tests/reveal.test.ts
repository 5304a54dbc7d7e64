import { describe, expect, it } from 'vitest';
import { distanceTo } from '../src/ui/lists/reveal';

describe('the distance to scroll to a row', () => {
  const view = { top: 100, bottom: 500 };

  it('is 0 for a row in sight', () => {
    expect(distanceTo({ top: 100, bottom: 152 }, view, 1000)).toBe(0);
    expect(distanceTo({ top: 448, bottom: 500 }, view, 1000)).toBe(0);
  });

  it('leads a row above to the top and a row below to the bottom', () => {
    expect(distanceTo({ top: 40, bottom: 92 }, view, 1000)).toBe(-60);
    expect(distanceTo({ top: 600, bottom: 652 }, view, 1000)).toBe(152);
  });

  it('is 0 for the first row of rows that are not scrolled', () => {
    expect(distanceTo({ top: 96, bottom: 148 }, view, 0)).toBeCloseTo(0);
    expect(distanceTo({ top: 40, bottom: 92 }, view, 20)).toBe(-20);
  });

  it('keeps the top of a row in sight that is higher than the view', () => {
    expect(distanceTo({ top: 200, bottom: 900 }, view, 1000)).toBe(100);
    expect(distanceTo({ top: 100, bottom: 800 }, view, 1000)).toBe(0);
  });
});
