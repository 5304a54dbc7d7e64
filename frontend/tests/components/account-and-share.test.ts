import { describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { unreachableProblem } from '../../src/net/problem';
import type { ListApp } from '../../src/stores/app';
import ShareDialog from '../../src/ui/lists/ShareDialog.svelte';
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

describe('the sheet of the account', () => {
  it('says that signing out failed, until the server answers', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(UserSheet, { app, onClose: vi.fn() });
    await userEvent.click(page.getByRole('button', { name: 'Sign out' }));
    await expect.element(page.getByRole('alert')).toBeVisible();
    opened.clock.advance(60_000);
    await opened.deliver();
    expect(app.connection.status).toBe('live');
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
    for (let count = 0; count < 3; count += 1) opened.server.respond('request lost');
    await expect.element(reason).toBeVisible();
    await expect.element(share).toBeDisabled();
    await expect.element(share).toHaveAccessibleDescription(/No connection/);
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
  });

  it('PAG-43 offers it again when the server answers', async () => {
    const { opened, app } = await openApp();
    cutConnection(opened);
    render(ShareDialog, { app, list: opened.list, onClose: vi.fn() });
    opened.server.respond('request lost');
    await expect.element(share).toBeDisabled();
    opened.clock.advance(60_000);
    await opened.deliver();
    await expect.element(share).toBeEnabled();
    await expect.element(reason).not.toBeInTheDocument();
  });
});
