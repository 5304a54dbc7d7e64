import { describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { listenForSwipes } from '../../src/ui/lists/swipe';
import ListRows from './ListRows.svelte';
import { OpenedList } from './opened-list';
import { render } from './render';

const lineOf = (name: string) => page.getByRole('listitem').filter({ hasText: name });
const nameField = page.getByRole('textbox', { name: 'Name' });

async function openEditor(opened: OpenedList, id: string): Promise<void> {
  opened.list.edit(opened.row(id));
  await expect.element(nameField).toBeVisible();
}

describe('the line of an item', () => {
  it('PAG-14 has a tick as large as a finger, and ticks', async () => {
    const opened = await OpenedList.with({ name: 'Milk' });
    render(ListRows, { list: opened.list });
    const box = page.getByRole('checkbox', { name: 'Milk' });
    const target = box.element().closest('label')?.getBoundingClientRect();
    expect(target?.width).toBeGreaterThanOrEqual(44);
    expect(target?.height).toBeGreaterThanOrEqual(44);
    await userEvent.click(box);
    await opened.deliver();
    expect(opened.server.items.get('milk')?.purchased).toBe(true);
    await expect.element(box).toBeChecked();
  });

  it('says that an edit waits, until the server has it', async () => {
    const opened = await OpenedList.with({ name: 'Milk' });
    render(ListRows, { list: opened.list });
    const waiting = page.getByText('not saved yet');
    await userEvent.click(page.getByRole('checkbox', { name: 'Milk' }));
    await expect.element(waiting).toBeInTheDocument();
    await opened.deliver();
    await expect.element(waiting).not.toBeInTheDocument();
  });

  it('PAG-14 shows its word Remove after a swipe to the left, and no longer after a tap', async () => {
    const opened = await OpenedList.with({ name: 'Milk' }, { name: 'Tea' });
    const rows = render(ListRows, { list: opened.list });
    const stop = listenForSwipes(rows);
    const line = lineOf('Milk').element().querySelector<HTMLElement>('.line');
    const point = (type: string, clientX: number): void => {
      const init = { bubbles: true, pointerType: 'touch', clientX, clientY: 5 };
      line?.querySelector('.text')?.dispatchEvent(new PointerEvent(type, init));
    };
    point('pointerdown', 300);
    point('pointermove', 200);
    point('pointerup', 200);
    expect(line?.dataset).toHaveProperty('swiped');
    point('pointerdown', 100);
    point('pointerup', 100);
    expect(line?.dataset).not.toHaveProperty('swiped');
    point('pointerdown', 300);
    point('pointermove', 280);
    point('pointerup', 280);
    expect(line?.dataset).not.toHaveProperty('swiped');
    stop();
  });

  it('gives the focus to the next row when it is removed', async () => {
    const opened = await OpenedList.with({ name: 'Milk' }, { name: 'Tea' }, { name: 'Rice' });
    render(ListRows, { list: opened.list });
    page.getByRole('checkbox', { name: 'Tea' }).element().focus();
    opened.list.remove(opened.row('tea'));
    await expect.element(page.getByRole('checkbox', { name: 'Rice' })).toHaveFocus();
  });
});

describe('the editor of an item', () => {
  it('has the focus in its name, and Enter saves only what the user changed', async () => {
    const opened = await OpenedList.with({ name: 'Milk', quantity: '1 l' });
    render(ListRows, { list: opened.list });
    await openEditor(opened, 'milk');
    await expect.element(nameField).toHaveFocus();
    await userEvent.fill(nameField, 'Oat milk');
    await userEvent.keyboard('{Enter}');
    await expect.element(nameField).not.toBeInTheDocument();
    expect(opened.server.requests.map(({ request }) => request.body)).toEqual([
      { name: 'Oat milk' },
    ]);
    await expect.element(page.getByRole('button', { name: 'Edit Oat milk' })).toHaveFocus();
  });

  it('is not replaced by a change of another device', async () => {
    const opened = await OpenedList.with({ name: 'Milk', quantity: '1 l' });
    render(ListRows, { list: opened.list });
    await openEditor(opened, 'milk');
    await userEvent.fill(nameField, 'Oat milk');
    await opened.editElsewhere({
      method: 'PATCH',
      item: 'milk',
      body: { quantity: '3 l', name: 'M' },
    });
    await expect.element(nameField).toHaveValue('Oat milk');
    await expect.element(nameField).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await opened.deliver();
    expect(opened.server.items.get('milk')).toMatchObject({ name: 'Oat milk', quantity: '3 l' });
  });

  it('says that the item was removed meanwhile, and saving brings it back', async () => {
    const opened = await OpenedList.with({ name: 'Milk' }, { name: 'Tea' });
    render(ListRows, { list: opened.list });
    await openEditor(opened, 'milk');
    await opened.editElsewhere({ method: 'DELETE', item: 'milk' });
    await expect.element(page.getByText(/removed/i).first()).toBeVisible();
    await userEvent.fill(nameField, 'Oat milk');
    await userEvent.keyboard('{Enter}');
    await opened.deliver();
    expect(opened.server.items.get('milk')?.name).toBe('Oat milk');
  });

  it('closes on Escape without saving', async () => {
    const opened = await OpenedList.with({ name: 'Milk' });
    render(ListRows, { list: opened.list });
    await openEditor(opened, 'milk');
    await userEvent.fill(nameField, 'Oat milk');
    await userEvent.keyboard('{Escape}');
    await expect.element(nameField).not.toBeInTheDocument();
    expect(opened.server.requests).toEqual([]);
    await expect.element(page.getByRole('button', { name: 'Edit Milk' })).toHaveFocus();
  });
});
