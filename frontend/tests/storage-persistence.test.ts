import { expect, it, vi } from 'vitest';
import { Connection } from '../src/stores/connection.svelte';
import { persistWhenEditWaits } from '../src/stores/storage-persistence';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

function edit({ engine }: ConnectedEngine): void {
  engine.submit({ type: 'rename', list: 'one', name: 'Weekend' }, 'Weekend');
}

it('OFF-1 asks once for lasting storage, when an edit waits for the server', () => {
  const page = new ConnectedEngine();
  const persist = vi.fn(() => Promise.resolve(false));
  persistWhenEditWaits(page.engine, new Connection(page.engine), { persist });
  page.engine.start();
  page.receive(welcome());
  edit(page);
  expect(persist).not.toHaveBeenCalled();
  page.close(1006);
  expect(persist).toHaveBeenCalledOnce();
  edit(page);
  expect(persist).toHaveBeenCalledOnce();
});

it('asks for nothing where browsers have no such storage', () => {
  const page = new ConnectedEngine();
  persistWhenEditWaits(page.engine, new Connection(page.engine), undefined);
  edit(page);
  expect(page.engine.outbox).toHaveLength(1);
});
