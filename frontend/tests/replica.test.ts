import { describe, expect, it } from 'vitest';
import type { ItemRow, ServerFrame, Snapshot } from '../src/protocol/frames';
import { digestOf, EMPTY_DIGEST } from '../src/sync/digest';
import {
  applyFrame,
  changedRows,
  emptyReplica,
  isRewritten,
  positionOf,
  type Replica,
} from '../src/sync/replica';
import { summaryOfChange } from '../src/stores/activity-text';
import { ana, change, DigestWriter, item, listRow, snapshot } from './fake/rows';

const blank = emptyReplica('list:one');
const milk = item('milk');

/** The frames with the digests that the server would send. */
function withDigests<Frames extends ServerFrame[]>(...frames: Frames): Frames {
  return frames.map(new DigestWriter().write) as Frames;
}

function after(...frames: ServerFrame[]): Replica {
  return withDigests(...frames).reduce(
    (replica, frame) => applyFrame(replica, frame).replica,
    blank,
  );
}

const first = snapshot(42, { items: [milk] });
const at42 = after(first);
/** A change that follows `at42`. */
const next = (...args: Parameters<typeof change>): ServerFrame =>
  withDigests(first, change(...args))[1];
/** The parts of one snapshot. */
const parts = (...rows: ItemRow[]): Snapshot[] =>
  rows.map((row, index) =>
    snapshot(50, {
      part: index + 1,
      parts: rows.length,
      items: [row],
      digest: digestOf(listRow('one'), rows),
    }),
  );

describe('a replica', () => {
  it('applies the next version, which becomes its position', () => {
    const { replica, effect } = applyFrame(at42, next(43, { items: [item('eggs')] }));
    expect(effect).toBe('applied');
    expect([...replica.items.keys()]).toEqual(['milk', 'eggs']);
    const digest = digestOf(listRow('one'), [milk, item('eggs')]);
    expect(positionOf(replica)).toEqual({ since: 43, epoch: 'aaaaaaaa', digest });
  });

  it('drops the change that it has just applied, and stays the same object', () => {
    const frame = next(43, { gone: ['milk'] });
    const { replica } = applyFrame(at42, frame);
    const repeated = applyFrame(replica, frame);
    expect(repeated.effect).toBe('dropped');
    expect(repeated.replica).toBe(replica);
  });

  it.each([
    ['skips a version', next(44, { gone: ['milk'] })],
    ['has an older version', next(41, { gone: ['milk'] })],
    ['has the same version but another digest', next(42, { gone: ['milk'] })],
    ['builds on other rows', { ...next(43, { gone: ['milk'] }), base: EMPTY_DIGEST }],
    ['has no base', { ...next(43, { gone: ['milk'] }), base: undefined as unknown as string }],
  ])('reports a gap and keeps its position if a change %s', (_, frame) => {
    const { replica, effect } = applyFrame(at42, frame as ServerFrame);
    expect(effect).toBe('gap');
    expect(replica).toBe(at42);
  });

  it('ignores changes of another epoch until a snapshot', () => {
    const epoch = 'bbbbbbbb';
    expect(applyFrame(at42, next(43, { epoch }))).toEqual({ replica: at42, effect: 'gap' });
    const frames = withDigests(snapshot(7, { epoch }), change(8, { epoch, gone: ['milk'] }));
    const moved = applyFrame(at42, frames[0]).replica;
    expect(moved.version).toBe(7);
    expect(applyFrame(moved, frames[1]).effect).toBe('applied');
  });

  it('ignores changes before its first snapshot', () => {
    expect(applyFrame(blank, change(1)).effect).toBe('waiting');
    expect(positionOf(blank)).toBeNull();
  });

  it('shows a snapshot of several parts only when it is whole', () => {
    const [one, two] = parts(item('a'), item('b')) as [Snapshot, Snapshot];
    const first = applyFrame(at42, one);
    expect(first.effect).toBe('waiting');
    expect([...first.replica.items.keys()]).toEqual(['milk']);
    const second = applyFrame(first.replica, two);
    expect(second.effect).toBe('applied');
    expect([...second.replica.items.keys()]).toEqual(['a', 'b']);
  });

  it.each([{ version: 51 }, { epoch: 'bbbbbbbb' }, { digest: EMPTY_DIGEST }])(
    'reports a gap when a part belongs to another snapshot: %o',
    (fields) => {
      const [one, two] = parts(item('a'), item('b')) as [Snapshot, Snapshot];
      const first = applyFrame(blank, one).replica;
      const { replica, effect } = applyFrame(first, { ...two, ...fields });
      expect(effect).toBe('gap');
      expect(replica.partial).toBeNull();
    },
  );

  it('takes a snapshot with a lower version, because the server may have gone back', () => {
    const { replica, effect } = applyFrame(at42, snapshot(40, { items: [item('eggs')] }));
    expect(effect).toBe('applied');
    expect([replica.version, [...replica.items.keys()]]).toEqual([40, ['eggs']]);
    expect(isRewritten(at42, replica)).toBe(true);
  });

  it('replaces changed rows and removes deleted ones', () => {
    const renamed = after(
      snapshot(1, { items: [item('milk'), item('eggs')] }),
      change(2, { items: [item('milk', { name: 'Oat milk' })], gone: ['eggs'] }),
    );
    expect([...renamed.items.values()].map(({ name }) => name)).toEqual(['Oat milk']);
  });

  it('gives the patched rows their new values and keeps the others', () => {
    const rows = [item('milk', { note: 'oat' }), item('eggs'), item('salt')];
    const [start, patch] = withDigests(
      snapshot(1, { items: rows }),
      change(2, {
        verb: 'items.ticked',
        items: [item('bread', { version: 2 })],
        patches: [
          { ids: ['milk', 'eggs'], fields: { purchased: true, purchased_by: ana, version: 2 } },
          { ids: ['salt'], fields: { note: '', version: 2 } },
        ],
      }),
    );
    const { replica, effect } = applyFrame(applyFrame(blank, start).replica, patch);
    expect(effect).toBe('applied');
    const ticked = { purchased: true, purchased_by: ana, version: 2 };
    expect(replica.items.get('milk')).toEqual({ ...rows[0], ...ticked });
    expect(replica.items.get('eggs')).toEqual({ ...rows[1], ...ticked });
    expect(changedRows(patch, replica).map(({ id }) => id)).toEqual([
      'bread',
      'milk',
      'eggs',
      'salt',
    ]);
    expect(summaryOfChange(patch, at42).names).toContain('milk');
  });

  it('reports a mismatch if it does not have a patched row', () => {
    const patches = [{ ids: ['eggs'], fields: { note: 'lost', version: 43 } }];
    const frame = { ...next(43, { patches }), digest: '0123456789abcdef' } as ServerFrame;
    expect(applyFrame(at42, frame).effect).toBe('mismatch');
  });

  it('advances the last interaction with every change', () => {
    const later = '2026-11-23T00:00:00Z';
    const moved = after(
      snapshot(1),
      change(2, { at: later, items: [milk] }),
      change(3, { gone: ['milk'] }),
    );
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

describe('the digest of a replica', () => {
  const corrupted: Replica = {
    ...at42,
    items: new Map([['milk', { ...milk, name: 'Mi1k' }]]),
  };

  it('is that of all rows after any changes', () => {
    const list = listRow('one', { name: 'Party', members: [] });
    const replica = after(
      snapshot(1, { items: [milk, item('eggs')] }),
      change(2, { items: [item('milk', { purchased: true }), item('tea')], gone: ['eggs'] }),
      change(3, { list, gone: ['tea'] }),
      change(4, { items: [item('figs')], gone: ['never existed'] }),
    );
    expect(replica.computedDigest).toBe(digestOf(list, replica.items.values()));
    expect(replica.computedDigest).toBe(replica.digest);
  });

  it('shows a corrupted row when it changes, and then the position is dropped', () => {
    const { replica, effect } = applyFrame(
      corrupted,
      next(43, { items: [item('milk', { purchased: true })] }),
    );
    expect(effect).toBe('mismatch');
    expect(positionOf(replica)).toBeNull();
    expect(replica.version).toBe(43);
    expect(replica.computedDigest).not.toBe(replica.digest);
    expect(applyFrame(replica, change(44)).effect).toBe('waiting');
    const repaired = applyFrame(replica, snapshot(43, { items: [milk] }));
    expect(repaired.effect).toBe('applied');
    expect(positionOf(repaired.replica)).toMatchObject({ since: 43 });
  });

  it('shows a row that was lost', () => {
    const replica = { ...at42, items: new Map() };
    expect(applyFrame(replica, next(43, { gone: ['milk'] })).effect).toBe('mismatch');
  });

  it('does not prevent a snapshot that this client cannot verify', () => {
    const digest = 'abcdabcdabcdabcd';
    const { replica, effect } = applyFrame(blank, { ...first, digest });
    expect(effect).toBe('mismatch');
    expect(positionOf(replica)).toEqual({ since: 42, epoch: 'aaaaaaaa', digest });
    const frame = { ...next(43, { gone: ['milk'] }), base: digest, digest: 'dcbadcbadcbadcba' };
    const step = applyFrame(replica, frame as ServerFrame);
    expect(step.effect).toBe('applied');
    expect(step.replica.computedDigest).toBe(digestOf(listRow('one'), []));
  });

  it('is empty after the change that deletes the list', () => {
    const deleted = { ...next(43, { verb: 'list.deleted' }), digest: EMPTY_DIGEST };
    expect(applyFrame(at42, deleted as ServerFrame).effect).toBe('applied');
  });
});
