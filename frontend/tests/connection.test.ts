import { expect, it, vi, type MockInstance } from 'vitest';
import { Announcer } from '../src/stores/announcer.svelte';
import { Connection } from '../src/stores/connection.svelte';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const RESTARTING = 4000;
const LOST = 1006;

function connect(): { page: ConnectedEngine; connection: Connection; announce: MockInstance } {
  const page = new ConnectedEngine();
  const announcer = new Announcer();
  const announce = vi.spyOn(announcer, 'announce');
  const connection = new Connection(page.engine, announcer);
  page.engine.start();
  page.receive(welcome());
  return { page, connection, announce };
}

it('SCL-5 calls a restart that the server announced no failure', () => {
  const { page, connection, announce } = connect();
  page.close(RESTARTING);
  expect(connection.status).toBe('connecting');
  expect(announce).not.toHaveBeenCalled();
});

it('SCL-5 says that the server does not answer when it does not come back', () => {
  const { page, connection, announce } = connect();
  page.close(RESTARTING);
  page.clock.advance(30_000);
  page.close(LOST);
  expect(connection.status).toBe('reconnecting');
  expect(announce).toHaveBeenCalledWith('Connection lost');
});

it('SCL-5 says once that the connection is lost', () => {
  const { page, connection, announce } = connect();
  for (const code of [LOST, LOST, LOST]) {
    page.close(code);
    page.clock.advance(30_000);
  }
  expect(connection.status).toBe('reconnecting');
  expect(announce).toHaveBeenCalledOnce();
});
