import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import TogetherLines from '../../src/ui/lists/TogetherLines.svelte';
import { Announcer } from '../../src/stores/announcer.svelte';
import type { ListApp } from '../../src/stores/app';
import { MAX_LOST_TIME } from '../../src/stores/known-presence.svelte';
import { ana } from '../fake/rows';
import { OpenedList } from './opened-list';
import { render } from './render';

const leaving = page.getByText('Ben leaves in 10 min');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(milliseconds: number): void {
  flushSync();
  vi.advanceTimersByTime(milliseconds);
  flushSync();
}

describe('TOG-13 what others do', () => {
  it('is not claimed while the connection is lost, and is back with it', async () => {
    const opened = await OpenedList.with({ name: 'Bread' });
    const { list, connection } = opened;
    const now = opened.clock.now();
    const people = [
      {
        id: 4,
        name: 'Ben',
        state: 'viewing' as const,
        since: new Date(now).toISOString(),
        leaving_at: new Date(now + opened.engine.clockOffset + 600_000).toISOString(),
      },
    ];
    list.people = people;
    render(TogetherLines, {
      app: {
        announcer: new Announcer(),
        connection,
        currentTime: { value: now },
        user: { profile: ana },
      } as unknown as ListApp,
      list,
      onAdd: vi.fn(),
      onActivity: vi.fn(),
    });
    await expect.element(leaving).toBeVisible();
    connection.setOnline(false);
    pass(MAX_LOST_TIME - 1);
    connection.setOnline(true);
    pass(MAX_LOST_TIME);
    expect(list.people).toHaveLength(1);
    connection.setOnline(false);
    pass(MAX_LOST_TIME);
    expect(list.people).toHaveLength(0);
    await expect.element(leaving).not.toBeInTheDocument();
    connection.setOnline(true);
    list.people = people;
    await expect.element(leaving).toBeVisible();
  });
});
