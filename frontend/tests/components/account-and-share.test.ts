import { describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { unreachableProblem } from '../../src/net/problem';
import type { ListApp } from '../../src/stores/app';
import ActivityPanel from '../../src/ui/lists/ActivityPanel.svelte';
import ItemHistory from '../../src/ui/lists/ItemHistory.svelte';
import ListSheet from '../../src/ui/lists/ListSheet.svelte';
import ShareDialog from '../../src/ui/lists/ShareDialog.svelte';
import TransferDialog from '../../src/ui/lists/TransferDialog.svelte';
import UserSheet from '../../src/ui/lists/UserSheet.svelte';
import { ana } from '../fake/rows';
import { OpenedList } from './opened-list';
import { render } from './render';

async function openApp(): Promise<{ opened: OpenedList; app: ListApp }> {
  const opened = await OpenedList.with({ name: 'Milk' });
  const user = {
    profile: { ...ana, is_guest: false },
    signOut: vi.fn(() => Promise.reject(unreachableProblem())),
  };
  const { connection, engine } = opened;
  const app = {
    user,
    connection,
    route: { navigate: vi.fn() },
    installPrompt: { isOffered: false },
    update: { current: null },
    currentTime: { value: opened.clock.now() },
    dependencies: { engine, linkSecret: null },
  };
  return { opened, app: app as unknown as ListApp };
}

function cutConnection({ server }: OpenedList): void {
  for (const connection of [...server.connections]) server.disconnect(connection);
}

/** Two requests of a part are lost: what it loads, and the question whether the server answers. */
async function expectToLoadOnReturn(opened: OpenedList): Promise<void> {
  const away = page.getByText('No connection to the server.');
  await expect.element(away).toBeVisible();
  for (let count = 0; count < 2; count += 1)
    await expect.poll(() => opened.server.respond('request lost')).toBe(true);
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
  opened.clock.advance(60_000);
  await opened.deliver();
  await expect.element(away).not.toBeInTheDocument();
  // This server knows no activity, and its answer replaces the failure.
  await expect.element(page.getByRole('alert')).toHaveTextContent('404');
}

describe('the sheet of the account', () => {
  it('PAG-43 offers to sign out only while the server answers', async () => {
    const { opened, app } = await openApp();
    const signOut = page.getByRole('button', { name: 'Sign out' });
    render(UserSheet, { app, onClose: vi.fn() });
    await userEvent.click(signOut);
    await expect.element(page.getByRole('alert')).toBeVisible();
    cutConnection(opened);
    await expect.element(signOut).toBeDisabled();
    await expect.element(signOut).toHaveAccessibleDescription(/No connection/);
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
    opened.clock.advance(60_000);
    await opened.deliver();
    expect(app.connection.status).toBe('live');
    await expect.element(signOut).toBeEnabled();
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
  });
});

describe('the sheet of the members', () => {
  const share = page.getByRole('button', { name: 'Copy link' });
  const reason = page.getByText('No connection to the server.');

  it('PAG-43 offers nothing that needs the server while it is away, and says why', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ShareDialog, { app, list: opened.list, onClose: vi.fn() });
    await expect.element(reason).toBeVisible();
    await expect.element(share).toBeDisabled();
    await expect.element(share).toHaveAccessibleDescription(/No connection/);
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
  });

  it('PAG-43 offers it again when the server answers', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ShareDialog, { app, list: opened.list, onClose: vi.fn() });
    await expect.element(share).toBeDisabled();
    opened.clock.advance(60_000);
    await opened.deliver();
    await expect.element(share).toBeEnabled();
    await expect.element(reason).not.toBeInTheDocument();
  });

  it('PAG-43 says nothing while the page connects for the first time', async () => {
    const { opened, app } = await openApp();
    app.connection.status = 'connecting';
    render(ShareDialog, { app, list: opened.list, onClose: vi.fn() });
    await expect.poll(() => opened.server.respond()).toBe(true);
    await expect.element(share).toBeEnabled();
    await expect.element(reason).not.toBeInTheDocument();
  });

  it('PAG-43 offers it if only the socket fails', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ShareDialog, { app, list: opened.list, onClose: vi.fn() });
    await expect.element(share).toBeDisabled();
    // The question whether it answers, and then the invites.
    for (let count = 0; count < 2; count += 1)
      await expect.poll(() => opened.server.respond()).toBe(true);
    await expect.element(share).toBeEnabled();
    expect(app.connection.status).toBe('reconnecting');
  });
});

describe('the other sheets of a list', () => {
  const away = page.getByText('No connection to the server.');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const onClose = vi.fn();
  const actions = { onActivity: vi.fn(), onShare: vi.fn(), onTransfer: vi.fn(), onPeople: vi.fn() };

  it('PAG-43 delete no list while the server is away, and say why', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ListSheet, { app, list: opened.list, isWide: false, ...actions, onClose });
    await expect.element(away).toBeVisible();
    await expect.element(button('Delete the list')).toBeDisabled();
    await expect.element(button('Delete the list')).toHaveAccessibleDescription(/No connection/);
    await expect.element(button('Rename')).toBeEnabled();
    opened.clock.advance(60_000);
    await opened.deliver();
    await expect.element(button('Delete the list')).toBeEnabled();
    await expect.element(away).not.toBeInTheDocument();
  });

  it('PAG-43 export and import nothing, and keep the text for the import', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(TransferDialog, { app, list: opened.list, onClose });
    await expect.element(away).toBeVisible();
    await page.getByRole('textbox').fill('Tea');
    for (const name of ['CSV', 'Copy as Markdown', 'Preview'])
      await expect.element(button(name)).toHaveAccessibleDescription(/No connection/);
    for (const name of ['CSV', 'Copy as Markdown', 'Preview'])
      await expect.element(button(name)).toBeDisabled();
    opened.clock.advance(60_000);
    await opened.deliver();
    await expect.element(button('Preview')).toBeEnabled();
    await expect.element(page.getByRole('link', { name: 'CSV' })).toBeVisible();
    await expect.element(page.getByRole('textbox')).toHaveValue('Tea');
  });

  it('PAG-43 load the activity when the server answers again', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ActivityPanel, { app, list: opened.list });
    await expectToLoadOnReturn(opened);
  });

  it('PAG-43 load the history of an item when the server answers again', async () => {
    const { opened } = await openApp();
    cutConnection(opened);
    render(ItemHistory, { list: opened.list, item: 'milk' });
    await expectToLoadOnReturn(opened);
  });

  it('PAG-43 undo nothing, and say why to a screen reader', async () => {
    const { opened } = await openApp();
    render(ItemHistory, { list: opened.list, item: 'milk' });
    await opened.editElsewhere({ method: 'PATCH', item: 'milk', body: { quantity: '2 l' } });
    const undo = page.getByRole('button', { name: /^Undo/ });
    await expect.element(undo).toBeEnabled();
    cutConnection(opened);
    await expect.element(undo).toBeDisabled();
    await expect.element(undo).toHaveAccessibleDescription(/No connection/);
  });
});
