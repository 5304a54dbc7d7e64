import { beforeEach, describe, expect, it } from 'vitest';
import { DelayedMoves } from '../src/stores/delayed-moves';
import { Highlights } from '../src/stores/highlights.svelte';
import { ManualClock } from './fake/clock';

let clock: ManualClock;
let moveCount: number;
let moves: DelayedMoves;

beforeEach(() => {
  clock = new ManualClock();
  moveCount = 0;
  moves = new DelayedMoves(clock, () => {
    moveCount += 1;
  });
});

describe('delayed moves', () => {
  it('keep a ticked row in its place for two seconds', () => {
    moves.delay(['milk']);
    clock.advance(1999);
    expect([moves.has('milk'), moveCount]).toEqual([true, 0]);
    clock.advance(1);
    expect([moves.has('milk'), moveCount]).toEqual([false, 1]);
  });

  it('wait anew for a row that is ticked again', () => {
    moves.delay(['milk']);
    clock.advance(1500);
    moves.delay(['milk']);
    clock.advance(1500);
    expect([moves.has('milk'), moveCount]).toEqual([true, 0]);
  });

  it('end at once for a row that is unticked', () => {
    moves.delay(['milk', 'eggs']);
    moves.release('milk');
    expect([moves.has('milk'), moves.has('eggs')]).toEqual([false, true]);
  });

  it('move nothing after the page of the list is closed', () => {
    moves.delay(['milk']);
    moves.stop();
    clock.advance(5000);
    expect(moveCount).toBe(0);
  });
});

describe('highlights', () => {
  it('name the member for two seconds', () => {
    const highlights = new Highlights(clock);
    highlights.show(['milk'], 7);
    clock.advance(1000);
    highlights.show(['eggs'], 8);
    clock.advance(1000);
    expect([highlights.of('milk'), highlights.of('eggs')]).toEqual([undefined, { memberId: 8 }]);
  });

  it('begin anew for a row that is changed again', () => {
    const highlights = new Highlights(clock);
    highlights.show(['milk', 'eggs'], 7);
    const first = highlights.of('milk');
    clock.advance(1500);
    highlights.show(['milk'], 7);
    expect(highlights.of('milk')).not.toBe(first);
    clock.advance(1999);
    expect([highlights.of('milk'), highlights.of('eggs')]).toEqual([{ memberId: 7 }, undefined]);
    clock.advance(1);
    expect(highlights.of('milk')).toBeUndefined();
  });
});
