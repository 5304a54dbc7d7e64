import { beforeEach, describe, expect, it } from 'vitest';
import type { UserProfile } from '../src/protocol/rest';
import { FirstSteps, type Step } from '../src/stores/first-steps.svelte';

const owner: UserProfile = {
  id: 3,
  name: 'Ana',
  username: 'ana',
  email: '',
  is_staff: true,
  is_guest: false,
  language: '',
};

let stored: Map<string, string>;
let storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

beforeEach(() => {
  stored = new Map();
  storage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
    removeItem: (key) => void stored.delete(key),
  };
});

const doneSteps = (steps: FirstSteps): Step[] =>
  (['list', 'item', 'device'] as const).filter((step) => steps.isDone(step));

describe('the first steps', () => {
  it('SUG-14 begin for an owner without a list, and for nobody else', () => {
    const steps = new FirstSteps(storage);
    steps.update({ profile: owner, isLoaded: false, lists: [] });
    steps.update({ profile: { ...owner, is_staff: false }, isLoaded: true, lists: [] });
    steps.update({ profile: owner, isLoaded: true, lists: [{ totalCount: 0 }] });
    expect(steps.isShownTo(owner)).toBe(false);
    steps.update({ profile: owner, isLoaded: true, lists: [] });
    expect(steps.isShownTo(owner)).toBe(true);
    expect(steps.isShownTo({ ...owner, id: 4 })).toBe(false);
    expect(steps.isShownTo(null)).toBe(false);
  });

  it('SUG-14 tick themselves, and stay ticked in the next page', () => {
    const steps = new FirstSteps(storage);
    steps.update({ profile: owner, isLoaded: true, lists: [] });
    expect(steps.next).toBe('list');
    steps.update({ profile: owner, isLoaded: true, lists: [{ totalCount: 0 }] });
    expect(doneSteps(steps)).toEqual(['list']);
    steps.update({ profile: owner, isLoaded: true, lists: [{ totalCount: 1 }] });
    expect(steps.next).toBe('device');
    const next = new FirstSteps(storage);
    next.update({ profile: owner, isLoaded: true, lists: [] });
    expect(doneSteps(next)).toEqual(['list', 'item']);
    expect(next.isComplete).toBe(false);
    next.finish('device');
    expect([next.isComplete, next.next]).toEqual([true, null]);
  });

  it('SUG-14 can be hidden for good, and end with the session', () => {
    const steps = new FirstSteps(storage);
    steps.update({ profile: owner, isLoaded: true, lists: [] });
    steps.hide();
    const next = new FirstSteps(storage);
    next.update({ profile: owner, isLoaded: true, lists: [] });
    expect(next.isShownTo(owner)).toBe(false);
    next.clear();
    expect(stored.size).toBe(0);
  });

  it('need no storage', () => {
    const refuse = (): never => {
      throw new DOMException('denied', 'SecurityError');
    };
    const steps = new FirstSteps({ getItem: refuse, setItem: refuse, removeItem: refuse });
    steps.update({ profile: owner, isLoaded: true, lists: [] });
    steps.finish('list');
    expect(doneSteps(steps)).toEqual(['list']);
    steps.clear();
  });
});
