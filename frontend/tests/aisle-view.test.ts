import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AisleView } from '../src/stores/aisle-view.svelte';
import { LIST_CHOICES_KEY } from '../src/sync/storage';
import { savedRow } from '../src/sync/optimistic-view';
import { item } from './fake/rows';

const milk = savedRow(item('m', { name: 'Milk', category: 'Dairy' }));
const nails = savedRow(item('n', { name: 'Nails' }));
const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
});

const viewOf = (listId = 'one'): AisleView => {
  const view = new AisleView(listId);
  view.update([milk, nails], []);
  return view;
};

describe('the aisles of a list (AIS-2)', () => {
  it('are shown once an open item has one', () => {
    const view = viewOf();
    expect(view.isGrouped).toBe(true);
    view.update([nails], []);
    expect(view.isGrouped).toBe(false);
    expect(view.sections).toEqual([{ key: '', name: '', rows: [nails], openCount: 1 }]);
  });

  it('stay folded in this browser, in this list alone', () => {
    viewOf().fold('dairy', true);
    const [dairy] = viewOf().sections;
    if (!dairy) throw new Error('no section');
    expect(viewOf().isFolded(dairy)).toBe(true);
    expect(viewOf('two').isFolded(dairy)).toBe(false);
    viewOf().fold('dairy', false);
    expect(viewOf().isFolded(dairy)).toBe(false);
  });

  it('are not shown if the user does not want it', () => {
    viewOf().fold('dairy', true);
    viewOf().setWanted(false);
    const view = viewOf();
    expect(view.isGrouped).toBe(false);
    expect(view.sections[0]?.rows).toEqual([milk, nails]);
    expect(viewOf('two').isGrouped).toBe(true);
    view.setWanted(true);
    expect(viewOf().folded).toEqual(new Set(['dairy']));
  });

  it('are shown in a browser that stores nothing, or something else', () => {
    stored.set(LIST_CHOICES_KEY, 'no JSON');
    expect(viewOf().isGrouped).toBe(true);
    vi.stubGlobal('localStorage', undefined);
    const view = viewOf();
    view.fold('dairy', true);
    expect(view.folded).toEqual(new Set(['dairy']));
  });

  it('are remembered for the lists that were changed last', () => {
    for (let list = 0; list < 60; list += 1) viewOf(`list ${list}`).setWanted(false);
    const kept = Object.keys(JSON.parse(stored.get(LIST_CHOICES_KEY) ?? '') as object);
    expect(kept).toHaveLength(50);
    expect(kept).toContain('list 59');
    expect(kept).not.toContain('list 0');
  });
});
