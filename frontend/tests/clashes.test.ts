import { beforeEach, describe, expect, it } from 'vitest';
import { clashText } from '../src/stores/clash-text';
import { Clashes } from '../src/stores/clashes.svelte';
import { ConnectedEngine } from './fake/connected-engine';
import { ana, change, DigestWriter, item, snapshot, welcome } from './fake/rows';

const bread = item('bread', { name: 'Bread' });
const ben = { id: 4, name: 'Ben' };
const digests = new DigestWriter();
let stored: Map<string, string>;
let storage: Storage;
let connected: ConnectedEngine;
let clashes: Clashes;

beforeEach(() => {
  stored = new Map();
  storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  } as unknown as Storage;
  open();
});

/** Open the page: what it stored before is still there. */
function open(): void {
  connected = new ConnectedEngine();
  clashes = new Clashes(connected.engine, storage);
}

function connect(): void {
  connected.engine.start();
  connected.engine.watch('list:one');
  connected.receive(welcome('one'), digests.write(snapshot(1, { items: [bread] })));
}

/** Ana's name waits. Ben's is saved, and then hers, in one message as after a reconnect. */
function clash(): void {
  const fields = { name: 'Spelt' };
  const edit = { type: 'change', list: 'one', item: 'bread', fields } as const;
  const op = connected.engine.submit(edit, 'Spelt');
  const [rye, spelt] = ['Rye', 'Spelt'].map((name, index) => ({
    ...bread,
    name,
    version: index + 2,
  }));
  connected.receive(
    digests.write(change(2, { verb: 'item.edited', actor: ben, items: rye ? [rye] : [] })),
    digests.write(change(3, { verb: 'item.edited', op, items: spelt ? [spelt] : [] })),
  );
}

const texts = (userId = ana.id): string[] => clashes.of('one', userId).map(clashText);

describe('OFF-10 a clash of a list', () => {
  beforeEach(() => {
    connect();
    clash();
  });

  it('is shown to the user on this list', () => {
    expect(texts()).toEqual(["Your “Spelt” replaced Ben's “Rye”"]);
    expect(clashes.of('two', ana.id)).toEqual([]);
    expect(texts(ben.id)).toEqual([]);
  });

  it('outlives a reload, and is not shown again once it is dismissed', () => {
    open();
    expect(texts()).toHaveLength(1);
    for (const shown of clashes.of('one', ana.id)) clashes.dismiss(shown);
    expect(texts()).toEqual([]);
    open();
    expect(texts()).toEqual([]);
  });

  it('is nothing to the next user of this browser', () => {
    open();
    connected.engine.start();
    connected.receive({ ...welcome('one'), user: ben } as ReturnType<typeof welcome>);
    expect(texts(ben.id)).toEqual([]);
    expect(texts()).toEqual([]);
    expect([...stored.values()].join()).not.toContain('Spelt');
  });

  it('is forgotten when the user signs out', () => {
    connected.engine.reset();
    expect(texts()).toEqual([]);
    expect([...stored.values()].join()).not.toContain('Spelt');
  });

  it('is forgotten when the user loses the list', () => {
    connected.receive({ type: 'left', list: 'one' });
    expect(texts()).toEqual([]);
  });

  it('is shown although the page may store nothing', () => {
    storage.setItem = () => {
      throw new Error('full');
    };
    open();
    connect();
    clash();
    expect(texts()).toHaveLength(1);
  });
});

it('OFF-10 a clash is noticed of an edit that waited when the page was loaded', () => {
  const first = connected;
  connect();
  const edit = { type: 'change', list: 'one', item: 'bread', fields: { name: 'Spelt' } } as const;
  const op = first.engine.submit(edit, 'Spelt');
  clashes = new Clashes(first.engine, null);
  first.receive(
    welcome('one'),
    digests.write(
      change(2, {
        verb: 'item.edited',
        actor: ben,
        items: [{ ...bread, name: 'Rye', version: 2 }],
      }),
    ),
    digests.write(
      change(3, { verb: 'item.edited', op, items: [{ ...bread, name: 'Spelt', version: 3 }] }),
    ),
  );
  expect(texts()).toEqual(["Your “Spelt” replaced Ben's “Rye”"]);
});
