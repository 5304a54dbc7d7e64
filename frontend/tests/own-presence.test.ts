import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_HIDDEN_TIME, OwnPresence, PRESENCE_INTERVAL } from '../src/stores/own-presence.svelte';
import type { PresenceDetails } from '../src/sync/subscription-state';
import { ManualClock } from './fake/clock';

const trip = { id: 't', started_at: '2026-11-22T10:00:00Z', shop: null };
const viewing = { state: 'viewing', trip: null, aisles: [], editing: null, leaving_at: null };
const LEASE = 25;
const REPEAT_INTERVAL = 8000;
let clock: ManualClock;
let presence: OwnPresence;
/** How far the clock of the server is ahead of that of the page, in milliseconds. */
let clockOffset: number;
const send = vi.fn<(details: PresenceDetails) => void>();
const states = (): string[] => send.mock.calls.map(([{ state }]) => state);
const last = (): PresenceDetails | undefined => send.mock.lastCall?.[0];

beforeEach(() => {
  clock = new ManualClock();
  send.mockClear();
  clockOffset = 0;
  presence = new OwnPresence(clock, send, { lease: () => LEASE, offset: () => clockOffset });
  presence.setVisible(true);
});

describe('what a page says of its user', () => {
  it('is sent at once and repeated before the server forgets it (TOG-2)', () => {
    expect(last()).toEqual(viewing);
    clock.advance(REPEAT_INTERVAL * 3);
    expect(states()).toEqual(['viewing', 'viewing', 'viewing', 'viewing']);
    expect(REPEAT_INTERVAL * 3).toBeLessThan(LEASE * 1000);
    const objects = new Set(send.mock.calls.map(([details]) => details));
    expect(objects.size).toBe(4);
  });

  it('is sent at most once a second, the newest last (TOG-6)', () => {
    for (const id of ['a', 'b', 'c']) presence.setEditing(id);
    expect(send).toHaveBeenCalledTimes(1);
    clock.advance(PRESENCE_INTERVAL);
    expect(send).toHaveBeenCalledTimes(2);
    expect(last()?.editing).toBe('c');
    presence.setEditing('d');
    presence.setEditing('c');
    clock.advance(PRESENCE_INTERVAL);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it('is only a state in a hidden page, and is not repeated', () => {
    clock.advance(PRESENCE_INTERVAL);
    presence.setVisible(false);
    expect(last()).toEqual({ state: 'away' });
    const calls = send.mock.calls.length;
    clock.advance(REPEAT_INTERVAL * 10);
    expect(send).toHaveBeenCalledTimes(calls);
  });

  it('goes on for a while in a phone that is put away during a trip', () => {
    clock.advance(PRESENCE_INTERVAL);
    presence.setTrip(trip);
    clock.advance(PRESENCE_INTERVAL);
    presence.setVisible(false);
    clock.advance(REPEAT_INTERVAL * 2);
    expect(last()?.state).toBe('shopping');
    clock.advance(MAX_HIDDEN_TIME);
    expect(last()).toEqual({ state: 'away' });
    presence.setVisible(true);
    expect(last()).toMatchObject({ state: 'shopping', trip });
  });

  it('ends claims with the trip, and the announcement with its start', () => {
    clock.advance(PRESENCE_INTERVAL);
    presence.setLeavingAt(clock.now() + 600_000);
    presence.setVisible(false);
    clock.advance(PRESENCE_INTERVAL);
    expect(last()).toMatchObject({ state: 'away', leaving_at: expect.any(String) as string });
    presence.setVisible(true);
    presence.setTrip(trip);
    presence.setAisles(['Dairy']);
    clock.advance(PRESENCE_INTERVAL);
    expect(last()).toMatchObject({ aisles: ['Dairy'], leaving_at: null });
    presence.setTrip(null);
    clock.advance(PRESENCE_INTERVAL);
    expect(last()).toEqual(viewing);
  });

  it('no longer says when the user left a minute after it (TOG-8)', () => {
    clock.advance(PRESENCE_INTERVAL);
    presence.setLeavingAt(clock.now() + 60_000);
    clock.advance(PRESENCE_INTERVAL);
    presence.setVisible(false);
    clock.advance(90_000);
    expect(last()?.leaving_at).toEqual(expect.any(String));
    clock.advance(60_000);
    expect(last()?.leaving_at ?? null).toBeNull();
    expect(presence.leavingAt).toBeNull();
  });

  it.each([-3_600_000, 49 * 3_600_000])(
    'drops a time of leaving that was chosen by a clock %d ms off (TOG-3)',
    (difference) => {
      clock.advance(PRESENCE_INTERVAL);
      clockOffset = difference;
      presence.setLeavingAt(clock.now() + clockOffset + 600_000);
      clock.advance(PRESENCE_INTERVAL);
      clockOffset = 0;
      clock.advance(REPEAT_INTERVAL * 2);
      expect(last()).toEqual(viewing);
    },
  );
});
