import { describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ItemInput } from '../../src/stores/item-input.svelte';
import AddBar from '../../src/ui/AddBar.svelte';
import { OpenedList } from './opened-list';
import { render } from './render';

describe('the add bar', () => {
  const field = page.getByRole('combobox').or(page.getByRole('textbox'));
  const chip = page.getByRole('button', { name: /Keep/i });

  async function renderBar(): Promise<{ onAdd: ReturnType<typeof vi.fn<() => void>> }> {
    const { engine } = await OpenedList.with({ name: 'Milk' });
    const itemInput = new ItemInput(engine, () => ['one']);
    const onAdd = vi.fn<() => void>();
    render(AddBar, { label: 'Add an item', onAdd, itemInput });
    return { onAdd };
  }

  it('PAG-2 shows the parts of a line before Enter adds them', async () => {
    const { onAdd } = await renderBar();
    await userEvent.fill(field, '2 l oat milk');
    await expect.element(chip).toHaveTextContent(/oat milk.*2 l/);
    expect(onAdd).not.toHaveBeenCalled();
    await userEvent.keyboard('{Enter}');
    expect(onAdd).toHaveBeenCalledWith({ name: 'oat milk', quantity: '2 l', note: '' });
    await expect.element(field).toHaveValue('');
    await expect.element(field).toHaveFocus();
  });

  it('PAG-2 keeps the line whole after Escape, and adds it so', async () => {
    const { onAdd } = await renderBar();
    await userEvent.fill(field, '2 l oat milk');
    await expect.element(chip).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(chip).not.toBeInTheDocument();
    await userEvent.keyboard('{Enter}');
    expect(onAdd).toHaveBeenCalledWith({ name: '2 l oat milk' });
  });

  it('PAG-2 splits the line again when it was cleared', async () => {
    await renderBar();
    await userEvent.fill(field, '2 l oat milk');
    await userEvent.click(chip);
    await expect.element(field).toHaveFocus();
    await expect.element(chip).not.toBeInTheDocument();
    await userEvent.clear(field);
    await userEvent.fill(field, '3 kg rice');
    await expect.element(chip).toHaveTextContent(/rice.*3 kg/);
  });

  it('PAG-2 does not split a name that is on a list', async () => {
    const opened = await OpenedList.with({ name: '7 Up' });
    const itemInput = new ItemInput(opened.engine, () => ['one']);
    const onAdd = vi.fn<() => void>();
    render(AddBar, { label: 'Add an item', onAdd, itemInput });
    await userEvent.fill(field, '7 up');
    await userEvent.keyboard('{Enter}');
    expect(onAdd).toHaveBeenCalledWith({ name: '7 up' });
  });
});
