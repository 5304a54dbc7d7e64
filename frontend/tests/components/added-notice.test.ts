import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import AddedNotice from '../../src/ui/lists/AddedNotice.svelte';
import ToastMessage from '../../src/ui/ToastMessage.svelte';
import { OpenedList } from './opened-list';
import { render } from './render';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the message of a removed item', () => {
  const toast = page.getByRole('region');

  async function removeMilk(): Promise<OpenedList> {
    const opened = await OpenedList.with({ name: 'Milk' });
    render(ToastMessage, { toast: opened.toast });
    opened.list.remove(opened.row('milk'));
    await opened.deliver();
    await expect.element(toast).toHaveTextContent('Milk');
    return opened;
  }

  it('is shown for 8 seconds', async () => {
    await removeMilk();
    vi.advanceTimersByTime(7999);
    await expect.element(toast).toBeVisible();
    vi.advanceTimersByTime(1);
    await expect.element(toast).not.toBeInTheDocument();
  });

  it('stays while the pointer or the focus is on it', async () => {
    await removeMilk();
    await userEvent.hover(toast);
    vi.advanceTimersByTime(60_000);
    await expect.element(toast).toBeVisible();
    await userEvent.unhover(toast);
    vi.advanceTimersByTime(8000);
    await expect.element(toast).not.toBeInTheDocument();
  });

  it('undoes the removal, once', async () => {
    const opened = await removeMilk();
    await userEvent.click(page.getByRole('button', { name: 'Undo' }));
    await expect.element(toast).not.toBeInTheDocument();
    await opened.deliver();
    expect(opened.server.items.get('milk')?.name).toBe('Milk');
    expect(opened.list.undoLast()).toBeNull();
  });
});

describe('the message of an added item', () => {
  const status = page.getByRole('status');

  async function renderNotice(): Promise<{ opened: OpenedList; onShow: ReturnType<typeof vi.fn> }> {
    const opened = await OpenedList.with({ name: 'Milk' }, { name: 'Tea', purchased: true });
    const content = document.createElement('div');
    const onShow = vi.fn();
    const far = { top: 5000, bottom: 5050 };
    const { list } = opened;
    render(AddedNotice, { list, content, findRow: () => far as DOMRect, onShow });
    return { opened, onShow };
  }

  it('PAG-13 says that the item is new for 4 seconds, and undoes it', async () => {
    const { opened, onShow } = await renderNotice();
    opened.list.add({ name: 'Jam' });
    await expect.element(status).toHaveTextContent('Jam');
    expect(onShow).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(3999);
    await expect.element(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    vi.advanceTimersByTime(1);
    await expect.element(status).toHaveTextContent('');
    opened.list.add({ name: 'Rice' });
    await userEvent.click(page.getByRole('button', { name: 'Undo' }));
    expect(opened.list.openRows.map(({ item }) => item.name)).toEqual(['Milk', 'Jam']);
  });

  it('PAG-13 asks before it shows an item that is on the list already', async () => {
    const { opened, onShow } = await renderNotice();
    opened.list.add({ name: 'milk' });
    await expect.element(status).toHaveTextContent('Milk is on the list');
    expect(onShow).not.toHaveBeenCalled();
    await userEvent.click(page.getByRole('button', { name: 'Show' }));
    expect(onShow).toHaveBeenCalledWith('milk');
  });

  it('PAG-13 says what another device added below the screen', async () => {
    const { opened, onShow } = await renderNotice();
    await opened.editElsewhere({ method: 'POST', body: { id: 'rice', name: 'Rice' } });
    await userEvent.click(page.getByRole('button', { name: /added Rice/ }));
    expect(onShow).toHaveBeenCalledWith('rice', 3);
    await expect.element(page.getByRole('button', { name: /added Rice/ })).not.toBeInTheDocument();
  });
});
