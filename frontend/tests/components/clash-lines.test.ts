import { describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import ClashLines from '../../src/ui/lists/ClashLines.svelte';
import { Announcer } from '../../src/stores/announcer.svelte';
import type { ListApp } from '../../src/stores/app';
import { ana } from '../fake/rows';
import { OpenedList } from './opened-list';
import { render } from './render';

const useMine = page.getByRole('button', { name: 'Use mine: Spelt' });

/** Ana renames Bread to Spelt, and another user renames it to Rye at the same moment. */
async function clashing(): Promise<OpenedList> {
  sessionStorage.clear();
  const opened = await OpenedList.with({ name: 'Bread' });
  opened.list.change('bread', 'Spelt', { name: 'Spelt' });
  await opened.deliver();
  opened.server.actor = { id: 4, name: 'Ben' };
  await opened.editElsewhere({ method: 'PATCH', item: 'bread', body: { name: 'Rye' } });
  opened.server.actor = ana;
  const app = { announcer: new Announcer(), user: { profile: ana } } as unknown as ListApp;
  render(ClashLines, { app, list: opened.list });
  await expect.element(page.getByText("Ben's “Rye” replaced your “Spelt”")).toBeVisible();
  return opened;
}

describe('OFF-10 the line about a clash', () => {
  it('sends the text of the user as a new edit, which can be undone', async () => {
    const opened = await clashing();
    await userEvent.click(useMine);
    await opened.deliver();
    expect(opened.server.items.get('bread')?.name).toBe('Spelt');
    await expect.element(useMine).not.toBeInTheDocument();
    expect(opened.list.undoLast()).toBe('Spelt');
    expect(opened.row('bread').item.name).toBe('Rye');
  });

  it('is dismissed without an edit', async () => {
    const opened = await clashing();
    await userEvent.click(page.getByRole('button', { name: 'Close' }));
    await expect.element(useMine).not.toBeInTheDocument();
    await opened.deliver();
    expect(opened.server.items.get('bread')?.name).toBe('Rye');
  });
});
