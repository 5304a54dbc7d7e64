import { describe, expect, it } from 'vitest';
import { ChangeActors, changeActorsOf, followActors } from '../src/stores/change-actors';
import { ConnectedEngine } from './fake/connected-engine';
import { ana, AT, change, DigestWriter, item, snapshot, welcome } from './fake/rows';

const ben = { id: 4, name: 'Ben' };

describe('who changed an item last', () => {
  it('HIS-40 is known of a change that the page has received', () => {
    const { write } = new DigestWriter();
    const connected = new ConnectedEngine();
    const { engine } = connected;
    const actors = changeActorsOf(connected);
    followActors(actors, engine, 'list:one');
    engine.start();
    engine.watch('list:one');
    connected.receive(welcome('one'), write(snapshot(1, { items: [item('Milk')] })));
    const edited = item('Milk', { quantity: '3 l', version: 2 });
    expect(actors.lastOf(item('Milk'))).toBeNull();
    connected.receive(write(change(2, { actor: ben, verb: 'item.edited', items: [edited] })));
    expect(changeActorsOf(connected).lastOf(edited)).toEqual(ben);
    connected.receive(write(snapshot(1, { epoch: 'bbbbbbbb', items: [item('Tea')] })));
    expect(actors.lastOf(edited)).toBeNull();
  });

  it('HIS-40 is known of an item that was ticked last', () => {
    const ticked = item('Milk', { purchased: true, purchased_at: AT, purchased_by: ana });
    expect(new ChangeActors().lastOf(ticked)).toEqual(ana);
    expect(new ChangeActors().lastOf({ ...ticked, updated_at: '2026-11-23' })).toBeNull();
  });

  it('HIS-40 is nobody for a script, and the oldest changes are forgotten', () => {
    const actors = new ChangeActors();
    for (let version = 1; version <= 501; version += 1)
      actors.note({ version, actor: version === 501 ? null : ben });
    expect([1, 2, 501].map((version) => actors.lastOf(item('x', { version })))).toEqual([
      null,
      ben,
      null,
    ]);
  });
});
