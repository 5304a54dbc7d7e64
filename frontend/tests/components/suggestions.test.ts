import { beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { tick } from 'svelte';
import type { ListApp } from '../../src/stores/app';
import { knownNamesOf } from '../../src/stores/app-names';
import { ItemInput } from '../../src/stores/item-input.svelte';
import { OpenListPage } from '../../src/stores/open-list-page';
import type { ItemRow } from '../../src/protocol/frames';
import Bar from './SuggestingBar.svelte';
import { item } from '../fake/rows';
import { OpenedList } from './opened-list';
import { addButton, render } from './render';

const field = page.getByRole('combobox', { name: 'Add an item' });
const option = (name: string | RegExp) => page.getByRole('option', { name });

let opened: OpenedList;
let show: ReturnType<typeof vi.fn<(id: string) => Promise<void>>>;

/** A list, and names that were on it before. */
async function renderBar(
  before: (Partial<ItemRow> & { name: string })[],
  ...items: (Partial<ItemRow> & { name: string })[]
): Promise<void> {
  opened = await OpenedList.with(...items);
  const { engine, connection, toast, list } = opened;
  show = vi.fn<(id: string) => Promise<void>>(() => Promise.resolve());
  const openListPage = new OpenListPage();
  openListPage.show = show;
  const lists = { all: [{ id: 'one' }] };
  const app = { dependencies: { engine }, connection, lists, toast, openListPage };
  const names = knownNamesOf(app as unknown as ListApp);
  for (const row of before) names.learn('one', item(row.name, row));
  const itemInput = new ItemInput(engine, () => ['one']);
  render(Bar, { app: app as unknown as ListApp, list, itemInput });
  await userEvent.click(field);
}

const milk = { name: 'Milk', quantity: '1 l', category: 'Dairy' };
const oatMilk = { name: 'Oat milk' };
const openItems = (): string[] =>
  opened.list.openRows.map(({ item: row }) => `${row.name} ${row.quantity}`.trim());

beforeEach(() => {
  vi.spyOn(console, 'error');
});

describe('suggestions', () => {
  it('SUG-13 are a list box of the field, with their number and a word for each', async () => {
    await renderBar(
      [milk, oatMilk, { name: 'Mint tea', purchased: true, purchased_at: '2026-11-01T10:00:00Z' }],
      { name: 'Mint' },
      { name: 'Mince', purchased: true },
    );
    await expect.element(field).toHaveAttribute('aria-expanded', 'false');
    await userEvent.fill(field, 'mi');
    await expect.element(page.getByRole('status')).toHaveTextContent('5 suggestions');
    await expect.element(field).toHaveAttribute('aria-expanded', 'true');
    await expect.element(option(/^Milk ?, 1 l ?, Dairy$/)).toBeVisible();
    await expect.element(option('Mint on the list')).toBeVisible();
    await expect.element(option('Mince in the cart')).toBeVisible();
    await expect.element(option('Mint tea bought once')).toBeVisible();
    await userEvent.keyboard('{ArrowDown}');
    const active = page.getByRole('option', { selected: true });
    await expect.element(active).toBeVisible();
    await expect.element(field).toHaveAttribute('aria-activedescendant', active.element().id);
    await userEvent.keyboard('{Escape}');
    await expect.element(option(/Milk/)).not.toBeInTheDocument();
    await expect.element(field).toHaveValue('mi');
  });

  it('SUG-13 leave what is typed to Enter, unless a key has chosen a row', async () => {
    await renderBar([milk, oatMilk]);
    await userEvent.fill(field, 'mil');
    await userEvent.keyboard('{Enter}');
    expect(openItems()).toEqual(['mil']);
    await expect.element(page.getByRole('listbox')).not.toBeInTheDocument();
    await userEvent.fill(field, 'oat');
    await userEvent.keyboard('{ArrowUp}{Enter}');
    expect(openItems()).toEqual(['mil', 'Oat milk']);
    await expect.element(field).toHaveValue('');
    await userEvent.fill(field, 'milk');
    await userEvent.keyboard('{ArrowDown}{Tab}');
    expect(openItems()).toContain('Milk 1 l');
    await expect.element(field).toHaveFocus();
    await expect.element(page.getByRole('listbox')).not.toBeInTheDocument();
    await userEvent.keyboard('{Tab}');
    await expect.element(field).not.toHaveFocus();
  });

  it('SUG-8 are taken with a tap, and a second tap raises the quantity', async () => {
    await renderBar([milk]);
    await userEvent.fill(field, 'mil');
    await userEvent.click(option(/Milk/));
    expect(openItems()).toEqual(['Milk 1 l']);
    await expect.element(field).toHaveFocus();
    await expect.element(field).toHaveValue('');
    await userEvent.click(option(/Milk ?, 1 l ?, Dairy on the list/));
    await userEvent.click(option(/Milk ?, 2 l ?, Dairy on the list/));
    expect(openItems()).toEqual(['Milk 3 l']);
    await userEvent.fill(field, 'mi');
    await userEvent.click(option(/Milk/));
    expect(openItems()).toEqual(['Milk 3 l']);
    expect(show).toHaveBeenCalledTimes(1);
  });

  it('SUG-16 have their rows in the page before the first key, hidden, and keep them', async () => {
    await renderBar([milk, oatMilk]);
    const rows = [...document.querySelectorAll('[role="option"]')];
    expect(rows).toHaveLength(5);
    await expect.element(page.getByRole('option').first()).not.toBeInTheDocument();
    await userEvent.fill(field, 'mi');
    await expect.element(option(/^Milk/)).toBeVisible();
    await userEvent.fill(field, 'oa');
    await expect.element(option(/^Oat milk/)).toBeVisible();
    expect(page.getByRole('option').elements()).toHaveLength(1);
    expect([...document.querySelectorAll('[role="option"]')]).toEqual(rows);
  });

  it('SUG-13 disappear with the focus', async () => {
    await renderBar([milk]);
    const elsewhere = addButton('Elsewhere');
    await userEvent.fill(field, 'mi');
    await expect.element(option(/Milk/)).toBeVisible();
    elsewhere.focus();
    await expect.element(option(/Milk/)).not.toBeInTheDocument();
  });

  it('SUG-11 are forgotten from the menu of their row, which can be undone', async () => {
    await renderBar([milk, oatMilk]);
    await userEvent.fill(field, 'milk');
    await userEvent.click(option(/^Milk/), { button: 'right' });
    await userEvent.click(page.getByRole('button', { name: 'Cancel' }));
    await expect.element(field).toHaveFocus();
    await userEvent.keyboard('{ArrowDown}{ContextMenu}');
    const forget = page.getByRole('button', { name: 'Do not suggest again' });
    await expect.element(forget).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect.element(option(/^Milk/)).not.toBeInTheDocument();
    await expect.element(option(/^Oat milk/)).toBeVisible();
    await expect.element(field).toHaveFocus();
    expect(opened.toast.content?.text).toContain('Milk');
    opened.toast.runAction();
    await tick();
    await expect.element(option(/^Milk/)).toBeVisible();
  });

  it('SUG-7 are chips of what is due while the field is empty', async () => {
    const day = 24 * 60 * 60 * 1000;
    const bought = [7, 14, 21].map((days) => ({
      ...milk,
      purchased: true,
      purchased_at: new Date(Date.now() - days * day).toISOString(),
    }));
    await renderBar([...bought, oatMilk]);
    const chips = page.getByRole('group', { name: 'Due again' });
    const chip = chips.getByRole('button', { name: /Milk/ });
    await userEvent.click(chip);
    expect(openItems()).toEqual(['Milk 1 l']);
    await expect.element(chip).toHaveAttribute('aria-disabled', 'true');
    await userEvent.fill(field, 'x');
    await expect.element(chips).not.toBeInTheDocument();
    await userEvent.clear(field);
    await expect.element(chips).not.toBeInTheDocument();
  });
});
