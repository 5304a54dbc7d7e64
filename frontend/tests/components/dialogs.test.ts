import { createRawSnippet } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ask } from '../../src/ui/ask';
import ConnectionSheet from '../../src/ui/ConnectionSheet.svelte';
import Sheet from '../../src/ui/Sheet.svelte';
import { OpenedList } from './opened-list';
import { addButton, render } from './render';

const children = createRawSnippet(() => ({
  render: () => '<div><button>First</button><input aria-label="Second" /></div>',
}));

function renderSheet(isDismissible = false): { onClose: ReturnType<typeof vi.fn<() => void>> } {
  const onClose = vi.fn<() => void>();
  render(Sheet, { title: 'Members', onClose, isDismissible, children });
  return { onClose };
}

describe('a sheet', () => {
  it('keeps the focus inside while it is open', async () => {
    const outside = addButton('Outside');
    renderSheet();
    const dialog = page.getByRole('dialog', { name: 'Members' }).element();
    for (let press = 0; press < 6; press += 1) {
      await userEvent.tab();
      expect(outside).not.toBe(document.activeElement);
    }
    outside.focus();
    expect(dialog.contains(document.activeElement)).toBe(true);
  });

  it('closes on Escape and gives the focus back', async () => {
    const opener = addButton('Open');
    opener.focus();
    const { onClose } = renderSheet();
    expect(document.activeElement).not.toBe(opener);
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => {
      expect(onClose).toHaveBeenCalledTimes(1);
    });
    expect(document.activeElement).toBe(opener);
  });

  it('closes on a tap outside only if nothing can be lost', async () => {
    const { onClose } = renderSheet();
    await userEvent.click(document.documentElement, { position: { x: 5, y: 5 }, force: true });
    await userEvent.click(page.getByRole('button', { name: 'First' }));
    expect(onClose).not.toHaveBeenCalled();
  });
});

describe('a question', () => {
  it('is answered by its button', async () => {
    const answer = ask('Delete Groceries?', 'Delete');
    const question = page.getByRole('alertdialog', { name: 'Delete Groceries?' });
    await expect.element(question).toBeVisible();
    await userEvent.click(page.getByRole('button', { name: 'Delete' }));
    expect(await answer).toBe(true);
    await expect.element(question).not.toBeInTheDocument();
  });

  it('is answered with no by Escape, which gives the focus back', async () => {
    const opener = addButton('Open');
    opener.focus();
    const answer = ask('Delete Groceries?', 'Delete');
    await userEvent.keyboard('{Escape}');
    expect(await answer).toBe(false);
    expect(document.activeElement).toBe(opener);
  });
});

describe('the sheet of the connection', () => {
  async function refuse(): Promise<OpenedList> {
    const opened = await OpenedList.with({ name: 'Milk', note: 'x'.repeat(1000) });
    const { connection } = opened;
    opened.list.add({ name: 'Milk', note: 'raw' });
    await opened.deliver();
    render(ConnectionSheet, { connection, seconds: 0, onClose: vi.fn() });
    return opened;
  }

  it('OFF-7 shows a refused edit with its reason until the user drops it', async () => {
    const opened = await refuse();
    const refused = page.getByRole('region', { name: /not saved/i });
    await expect.element(refused).toHaveTextContent(/Milk.*too long/);
    await userEvent.click(page.getByRole('button', { name: /Discard/ }));
    await expect.element(refused).not.toBeInTheDocument();
    expect(opened.engine.outbox).toEqual([]);
  });

  it('OFF-7 sends a refused edit again', async () => {
    const opened = await refuse();
    await opened.editElsewhere({ method: 'PATCH', item: 'milk', body: { note: '' } });
    await userEvent.click(page.getByRole('button', { name: /again/i }));
    await opened.deliver();
    expect(opened.server.items.get('milk')?.note).toBe('raw');
    await expect.element(page.getByRole('region', { name: /not saved/i })).not.toBeInTheDocument();
  });

  it('asks before it drops an edit that waits', async () => {
    const opened = await OpenedList.with({ name: 'Milk' });
    const { connection } = opened;
    opened.list.tick(opened.row('milk'), true);
    opened.server.respond('request lost');
    await vi.waitFor(() => {
      expect(connection.waiting[0]?.state).toBe('waiting');
    });
    render(ConnectionSheet, { connection, seconds: 3, onClose: vi.fn() });
    await userEvent.click(page.getByRole('button', { name: /Drop.*Milk/ }));
    expect(opened.engine.outbox).toHaveLength(1);
    await userEvent.click(page.getByRole('button', { name: /Milk/ }));
    expect(opened.engine.outbox).toEqual([]);
  });
});
