import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../src/protocol/frames';
import { applyFrame, emptyReplica, positionOf, type Replica } from '../src/sync/replica';
import { change, item, listRow, snapshot } from './fake/rows';

const blank = emptyReplica('list:one');

function after(...frames: ServerFrame[]): Replica {
  return frames.reduce((replica, frame) => applyFrame(replica, frame).replica, blank);
}

const at42 = after(snapshot(42, { items: [item('milk')] }));

describe('a replica', () => {
  it('applies the next version, which becomes its position', () => {
    const { replica, effect } = applyFrame(at42, change(43, { items: [item('eggs')] }));
    expect(effect).toBe('applied');
    expect([...replica.items.keys()]).toEqual(['milk', 'eggs']);
    expect(positionOf(replica)).toEqual({ since: 43, epoch: 'aaaaaaaa' });
  });

  it('drops a known version, and stays the same object', () => {
    const step = applyFrame(at42, change(42, { gone: ['milk'] }));
    expect(step).toEqual({ replica: at42, effect: 'dropped' });
    expect(step.replica).toBe(at42);
  });

  it('reports a gap, and keeps its position', () => {
    const { replica, effect } = applyFrame(at42, change(44, { gone: ['milk'] }));
    expect(effect).toBe('gap');
    expect(replica).toBe(at42);
  });

  it('ignores changes of another epoch until a snapshot', () => {
    const other = change(43, { epoch: 'bbbbbbbb', gone: ['milk'] });
    expect(applyFrame(at42, other)).toEqual({ replica: at42, effect: 'gap' });
    const moved = applyFrame(at42, snapshot(7, { epoch: 'bbbbbbbb' })).replica;
    expect(moved.version).toBe(7);
    expect(applyFrame(moved, change(8, { epoch: 'bbbbbbbb' })).effect).toBe('applied');
  });

  it('ignores changes before its first snapshot', () => {
    expect(applyFrame(blank, change(1)).effect).toBe('waiting');
    expect(positionOf(blank)).toBeNull();
  });

  it('shows a snapshot of several parts only when it is whole', () => {
    const first = applyFrame(at42, snapshot(50, { parts: 2, items: [item('a')] }));
    expect(first.effect).toBe('waiting');
    expect([...first.replica.items.keys()]).toEqual(['milk']);
    const second = applyFrame(
      first.replica,
      snapshot(50, { part: 2, parts: 2, items: [item('b')] }),
    );
    expect(second.effect).toBe('applied');
    expect([...second.replica.items.keys()]).toEqual(['a', 'b']);
  });

  it('reports a gap when a part belongs to another snapshot', () => {
    const first = applyFrame(blank, snapshot(50, { parts: 2 })).replica;
    const { replica, effect } = applyFrame(first, snapshot(51, { part: 2, parts: 2 }));
    expect(effect).toBe('gap');
    expect(replica.partial).toBeNull();
  });

  it('drops an older snapshot of the same epoch', () => {
    expect(applyFrame(at42, snapshot(41))).toEqual({ replica: at42, effect: 'dropped' });
  });

  it('replaces changed rows and removes deleted ones', () => {
    const renamed = after(
      snapshot(1, { items: [item('milk'), item('eggs')] }),
      change(2, { items: [item('milk', { name: 'Oat milk' })], gone: ['eggs'] }),
    );
    expect([...renamed.items.values()].map(({ name }) => name)).toEqual(['Oat milk']);
  });

  it('advances the last interaction with every change', () => {
    const later = '2026-11-23T00:00:00Z';
    const moved = after(snapshot(1), change(2, { at: later }), change(3));
    expect(moved.list?.last_interaction).toBe(later);
  });

  it('applies changed fields of the list', () => {
    const list = listRow('one', { name: 'Party' });
    expect(after(snapshot(1), change(2, { list })).list?.name).toBe('Party');
  });

  it('drops all data of an ended list', () => {
    const ended = applyFrame(at42, { type: 'ended', topic: 'list:one', reason: 'revoked' }).replica;
    expect(ended).toEqual({ ...blank, ended: 'revoked' });
    expect(applyFrame(ended, snapshot(43)).replica.ended).toBeNull();
  });
});
