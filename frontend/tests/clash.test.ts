import { describe, expect, it } from 'vitest';
import type { Change, ItemRow, Person, ServerFrame } from '../src/protocol/frames';
import { clashText, textToUse } from '../src/stores/clash-text';
import {
  NO_CLASHES,
  withChange,
  withOwnTexts,
  withoutClash,
  type Clash,
  type ClashState,
} from '../src/sync/clash';
import type { Edit } from '../src/sync/edit';
import { EMPTY_OUTBOX, queued } from '../src/sync/outbox';
import { applyFrame, emptyReplica, type Replica } from '../src/sync/replica';
import { ana, AT, change, DigestWriter, item, listRow, snapshot } from './fake/rows';

const ben: Person = { id: 4, name: 'Ben' };

/** A list with one item, as Ana's browser follows it. */
class Followed {
  state: ClashState = NO_CLASHES;
  #replica: Replica = emptyReplica('list:one');
  #row = item('bread', { name: 'Bread' });
  #version = 1;
  #frames: ServerFrame[] = [];
  #listName = 'Groceries';
  readonly #writer = new DigestWriter();

  constructor() {
    this.#receive(snapshot(1, { items: [this.#row] }));
  }

  /** Ana makes an edit, which waits. Returns its op. */
  edit(fields: Partial<ItemRow>): string {
    return this.#submit({ type: 'change', list: 'one', item: 'bread', fields });
  }

  renameList(name: string): string {
    return this.#submit({ type: 'rename', list: 'one', name });
  }

  #submit(edit: Edit): string {
    const op = `op${this.#version}-${this.state.own.length}`;
    const { entries } = queued(EMPTY_OUTBOX, { op, edit, label: 'Bread', createdAt: 0 });
    this.state = withOwnTexts(this.state, entries);
    return op;
  }

  /** The server saves an edit of the item, `seconds` after ten o'clock. */
  save(
    actor: Person | null,
    fields: Partial<ItemRow>,
    rest: Partial<Change> = {},
    seconds = 0,
  ): void {
    this.#version += 1;
    this.#row = { ...this.#row, ...fields, version: this.#version };
    this.#change({ verb: 'item.edited', items: [this.#row], actor, ...rest }, seconds);
  }

  saveListName(actor: Person, name: string, op: string | null = null): void {
    this.#version += 1;
    this.#listName = name;
    this.#change({ verb: 'list.renamed', list: listRow('one', { name }), actor, op }, 0);
  }

  remove(): void {
    this.#version += 1;
    this.#change({ verb: 'item.removed', gone: ['bread'], actor: ben }, 0);
  }

  /** The page is loaded again, with a copy of the list from before every change. */
  reload(frames = this.#frames): void {
    [this.#replica, this.#frames] = [emptyReplica('list:one'), []];
    for (const frame of frames) this.#apply(frame);
  }

  /** A full copy of the list arrives, which has this state of the item. */
  copy(fields: Partial<ItemRow>, epoch = 'aaaaaaaa'): void {
    this.#version += 1;
    this.#row = { ...this.#row, ...fields, version: this.#version };
    const list = listRow('one', { name: this.#listName });
    this.#receive(snapshot(this.#version, { list, items: [this.#row], epoch }));
  }

  #change(fields: Partial<Change>, seconds: number): void {
    const at = new Date(Date.parse(AT) + seconds * 1000).toISOString();
    this.#receive(change(this.#version, { at, ...fields }));
  }

  #receive(frame: ServerFrame): void {
    this.#apply(this.#writer.write(frame));
  }

  #apply(frame: ServerFrame): void {
    this.#frames.push(frame);
    const before = this.#replica;
    const { replica: after, effect } = applyFrame(before, frame);
    expect(effect).toBe('applied');
    this.#replica = after;
    const applied = frame.type === 'change' ? frame : null;
    this.state = withChange(this.state, { list: 'one', before, after, change: applied, userId: 3 });
  }

  get clashes(): readonly Clash[] {
    return this.state.clashes;
  }

  get texts(): string[] {
    return this.clashes.map(clashText);
  }
}

describe('OFF-10 a clash', () => {
  it('is noticed when another user replaces a text at the same moment', () => {
    const list = new Followed();
    list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
    list.save(ben, { name: 'Rye' }, {}, 59);
    expect(list.texts).toEqual(["Ben's “Rye” replaced your “Spelt”"]);
    expect(list.clashes.map(textToUse)).toEqual(['Spelt']);
  });

  it('is none if the other user had a minute to see the text', () => {
    const list = new Followed();
    list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
    list.save(ben, { name: 'Rye' }, {}, 61);
    expect(list.clashes).toEqual([]);
  });

  it('is noticed when a text that waited replaces that of another user, however old', () => {
    const list = new Followed();
    const op = list.edit({ name: 'Spelt' });
    list.save(ben, { name: 'Rye' });
    expect(list.clashes).toEqual([]);
    list.save(ana, { name: 'Spelt' }, { op }, 7200);
    expect(list.texts).toEqual(["Your “Spelt” replaced Ben's “Rye”"]);
    expect(list.clashes.map(textToUse)).toEqual(['Rye']);
  });

  it('says the latest of several texts that waited', () => {
    const list = new Followed();
    const [first, second] = [list.edit({ name: 'Spelt' }), list.edit({ name: 'Toast' })];
    list.save(ben, { name: 'Rye' });
    list.save(ana, { name: 'Spelt' }, { op: first });
    list.save(ana, { name: 'Toast' }, { op: second });
    expect(list.texts).toEqual(["Your “Toast” replaced Ben's “Rye”"]);
  });

  it.each([
    ['quantity', '2', '3', "Bread: Ben's “3” replaced your “2”"],
    ['note', 'dark', 'white', "Bread: Ben's “white” replaced your “dark”"],
    ['category', 'Bakery', 'Cold', "Bread: Ben's “Cold” replaced your “Bakery”"],
    ['note', 'dark', '', 'Bread: Ben removed your “dark”'],
  ] as const)('is noticed of the %s', (field, mine, theirs, text) => {
    const list = new Followed();
    list.save(ana, { [field]: mine }, { op: list.edit({ [field]: mine }) });
    list.save(ben, { [field]: theirs });
    expect(list.texts).toEqual([text]);
  });

  it('is noticed of the name of the list', () => {
    const list = new Followed();
    const op = list.renameList('Weekend');
    list.saveListName(ben, 'Party');
    list.saveListName(ana, 'Weekend', op);
    expect(list.texts).toEqual(["Your “Weekend” replaced Ben's “Party”"]);
  });

  it.each([
    ['other fields', { quantity: '3' }],
    ['the same text', { name: 'Spelt' }],
    ['a tick', { purchased: true }],
  ])('is none of %s', (_, fields) => {
    const list = new Followed();
    const op = list.edit({ name: 'Spelt' });
    list.save(ben, fields);
    list.save(ana, { name: 'Spelt' }, { op });
    list.save(ben, fields);
    expect(list.clashes).toEqual([]);
  });

  it.each([
    ['quantity', '2 l', '2 l + 500 g'],
    ['note', 'dark', 'dark; sliced'],
    ['quantity', '', '3 l'],
  ] as const)('is none if no part of the %s is lost', (field, mine, theirs) => {
    const list = new Followed();
    list.save(ana, { [field]: 'before' });
    list.save(ana, { [field]: mine }, { op: list.edit({ [field]: mine }) });
    list.save(ben, { [field]: theirs });
    expect(list.clashes).toEqual([]);
  });

  it('is none of the same user on another device, and none of an undo', () => {
    const list = new Followed();
    list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
    list.save(ana, { name: 'Rye' });
    list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
    list.save(ben, { name: 'Rye' }, { verb: 'undo' });
    expect(list.clashes).toEqual([]);
  });

  it('is shown until the text changes again, the item is removed, or the user dismisses it', () => {
    const clashing = (): Followed => {
      const list = new Followed();
      list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
      list.save(ben, { name: 'Rye' });
      list.save(ben, { note: 'dark' });
      expect(list.clashes).toHaveLength(1);
      return list;
    };
    const [changed, removed, dismissed] = [clashing(), clashing(), clashing()];
    changed.save(ana, { name: 'Spelt' }, { op: changed.edit({ name: 'Spelt' }) });
    removed.remove();
    const [clash] = dismissed.clashes;
    dismissed.state = withoutClash(dismissed.state, clash as Clash);
    for (const { clashes } of [changed, removed, dismissed]) expect(clashes).toEqual([]);
  });

  it.each(['changes', 'full copy'])('stays when a reloaded page gets the %s again', (frames) => {
    const list = new Followed();
    const op = list.edit({ name: 'Spelt' });
    list.save(ben, { name: 'Rye' });
    list.save(ana, { name: 'Spelt' }, { op });
    if (frames === 'changes') list.reload();
    else list.reload([snapshot(1, { items: [item('bread', { name: 'Bread' })] })]);
    if (frames === 'full copy') list.copy({});
    expect(list.texts).toEqual(["Your “Spelt” replaced Ben's “Rye”"]);
    list.save(ben, { name: 'Rye' });
    expect(list.texts).toEqual(["Ben's “Rye” replaced your “Spelt”"]);
  });

  it('is noticed in a full copy, which does not say who it was', () => {
    const [kept, lost] = [new Followed(), new Followed()];
    const op = kept.edit({ name: 'Spelt' });
    kept.copy({ name: 'Rye' });
    kept.save(ana, { name: 'Spelt' }, { op });
    expect(kept.texts).toEqual(['Your “Spelt” replaced “Rye”']);
    lost.save(ana, { name: 'Spelt' }, { op: lost.edit({ name: 'Spelt' }) });
    lost.copy({ name: 'Rye' });
    expect(lost.texts).toEqual(["Someone's “Rye” replaced your “Spelt”"]);
  });

  it('is none when the history of the list was replaced', () => {
    const list = new Followed();
    list.save(ana, { name: 'Spelt' }, { op: list.edit({ name: 'Spelt' }) });
    list.save(ben, { name: 'Rye' });
    list.copy({ name: 'Bread' }, 'bbbbbbbb');
    expect(list.state).toEqual(NO_CLASHES);
  });

  it('says the beginning of a long text', () => {
    const list = new Followed();
    list.save(ana, { note: 'x'.repeat(80) }, { op: list.edit({ note: 'x'.repeat(80) }) });
    list.save(ben, { note: 'white' });
    expect(list.texts).toEqual([`Bread: Ben's “white” replaced your “${'x'.repeat(60)}…”`]);
    expect(list.clashes.map(textToUse)).toEqual(['x'.repeat(80)]);
  });
});
