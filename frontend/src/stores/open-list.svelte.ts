import { uuid } from '../net/uuid';
import type { Me, Role } from '../protocol/rest';
import { topicOf } from '../protocol/topic';
import type { ItemRow, Member, PresentPerson } from '../protocol/types';
import { folded, type Edit, type ItemFields, type Line } from '../sync/edit';
import type { Engine, News } from '../sync/engine';
import type { Over } from '../sync/session';
import { editsOf, type Outbox } from '../sync/outbox';
import { nameOver, overlay, type ViewRow } from '../sync/overlay';
import type { Announcer } from './announcer.svelte';
import { may, type Deed } from './roles';
import { happeningOf, sentenceOf } from './sentence';
import type { Toast } from './toast.svelte';

/** How long a ticked row stays where it was, so that nothing moves under a finger. */
const LINGERS = 2000;
/** How long what somebody else changed is marked. */
const FLASHES = 2000;

/** The list that is open on the screen. */
export class OpenList {
  state = $state<'loading' | 'open' | Over>('loading');
  name = $state('');
  members = $state.raw<readonly Member[]>([]);
  people = $state.raw<readonly PresentPerson[]>([]);
  /** Still to buy, and what has just been ticked. */
  open = $state.raw<readonly ViewRow[]>([]);
  bought = $state.raw<readonly ViewRow[]>([]);
  /** Items that somebody else has just changed, with who it was. */
  flashing = $state.raw<ReadonlyMap<string, number>>(new Map());
  role = $state<Role>('viewer');
  /** The row whose editor is open, as it was when it was opened. */
  editing = $state.raw<ViewRow | null>(null);
  /** Whether somebody removed that item meanwhile. */
  editedGone = $state(false);
  readonly #topic: string;
  #lingering = new Set<string>();
  #stop: (() => void) | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    readonly id: string,
    private readonly engine: Engine,
    private readonly me: () => Me | null,
    private readonly announcer: Announcer,
    private readonly toast: Toast,
  ) {
    this.#topic = topicOf(id);
  }

  start(): () => void {
    this.#stop = this.engine.listen((news) => {
      this.#heard(news);
    });
    this.engine.follow(this.#topic);
    this.#rebuild();
    const shown = (): void => {
      this.engine.show(this.#topic, document.visibilityState === 'visible' ? 'viewing' : 'away');
    };
    shown();
    document.addEventListener('visibilitychange', shown);
    return () => {
      document.removeEventListener('visibilitychange', shown);
      this.engine.show(this.#topic, null);
      this.#stop?.();
      for (const timer of this.#timers) clearTimeout(timer);
    };
  }

  may(deed: Deed): boolean {
    return may(this.role, deed);
  }

  add(fields: Line['fields']): void {
    const item = uuid();
    this.engine.edit({ do: 'add', list: this.id, item, fields }, fields.name);
  }

  /** Everything on the list, also what has been bought. */
  get items(): readonly ItemRow[] {
    return [...this.open, ...this.bought].map(({ item }) => item);
  }

  /** Add many as one change, with one way back. */
  addMany(fields: readonly Line['fields'][]): void {
    const lines = fields.map((one) => ({ item: uuid(), fields: one }));
    const names = new Set(fields.map(({ name }) => folded(name)));
    const text = lines.length === 1 ? '1 item' : `${lines.length} items`;
    this.#many({ do: 'add many', list: this.id, lines }, text, `Added ${text}`, ({ name }) =>
      names.has(folded(name)),
    );
  }

  /** Put everything that was bought back on the list, as one change. */
  uncheckAll(): void {
    const items = this.#bought();
    const said = `Put back ${items.length} from the cart`;
    this.#lingering.clear();
    this.#many({ do: 'untick many', list: this.id, items }, 'all in the cart', said, ({ id }) =>
      items.includes(id),
    );
  }

  /** Remove everything that was bought, as one change. */
  clearBought(): void {
    const items = this.#bought();
    const said = `Cleared ${items.length} bought`;
    this.#many({ do: 'remove many', list: this.id, items }, 'all in the cart', said, ({ id }) =>
      items.includes(id),
    );
  }

  #bought(): string[] {
    return this.items.filter(({ purchased }) => purchased).map(({ id }) => id);
  }

  /** Send a change of many, and offer to take it back. `touches` tells its items. */
  #many(edit: Edit, about: string, text: string, touches: (item: ItemRow) => boolean): void {
    const rows = this.items.filter(touches);
    const of = this.engine.edit(edit, about);
    this.toast.show({
      text,
      action: 'Undo',
      run: () => {
        const kept = new Set(rows.map(({ id }) => id));
        const gone = this.items.filter((item) => touches(item) && !kept.has(item.id));
        this.#undo(of, about, rows, gone);
      },
    });
  }

  /** Take back a change of mine that is known to be saved. */
  undo(of: string, version: number, about: string): void {
    this.engine.edit({ do: 'undo', list: this.id, of, version, rows: [], gone: [] }, about);
  }

  #undo(of: string, about: string, rows: readonly ItemRow[], gone: readonly ItemRow[]): void {
    const version = this.engine.effectOf(of);
    const waits = this.#edits.some(
      ({ op, state }) => op === of && (state === 'waiting' || state === 'sending'),
    );
    // Neither saved nor on its way: it changed nothing.
    if (version === null && !waits) return;
    const ids = gone.map(({ id }) => id);
    this.engine.edit({ do: 'undo', list: this.id, of, version, rows, gone: ids }, about);
  }

  tick({ item }: ViewRow, purchased: boolean): void {
    if (purchased) this.#linger([item.id]);
    else this.#lingering.delete(item.id);
    this.change(item.id, item.name, { purchased });
  }

  change(item: string, name: string, fields: Partial<ItemFields>): void {
    if (Object.keys(fields).length === 0) return;
    this.engine.edit({ do: 'change', list: this.id, item, fields }, name);
  }

  /** Open the editor of a row; it stays whatever the others do. */
  edit(row: ViewRow): void {
    this.editing = row;
    this.#rebuild();
  }

  /** Close the editor, sending what was changed in it. */
  closeEditor(fields: Partial<ItemFields> = {}): void {
    const { editing, editedGone } = this;
    this.editing = null;
    if (editing && Object.keys(fields).length > 0) {
      const name = fields.name ?? editing.item.name;
      if (editedGone) this.#putBack({ ...editing.item, ...fields }, null);
      else this.change(editing.item.id, name, fields);
    }
    this.#rebuild();
  }

  /** Remove an item, and offer to put it back where it was. */
  remove({ item }: ViewRow): void {
    const after = this.#before(item.id);
    if (this.editing?.item.id === item.id) this.editing = null;
    this.engine.edit({ do: 'remove', list: this.id, item: item.id }, item.name);
    this.toast.show({
      text: `Removed ${item.name}`,
      action: 'Undo',
      run: () => {
        this.#putBack(item, after);
      },
    });
  }

  rename(name: string): void {
    this.engine.edit({ do: 'rename', list: this.id, name }, name);
  }

  #putBack(row: ItemRow, after: string | null): void {
    this.engine.edit({ do: 'put back', list: this.id, item: row.id, row, after }, row.name);
  }

  get #edits(): Outbox {
    return editsOf(this.engine.outbox, this.id);
  }

  /** The item that stands before this one on the server, or null for the first. */
  #before(id: string): string | null {
    const items = this.engine.replica(this.#topic).items;
    const rows = overlay(items, [], null);
    const index = rows.findIndex(({ item }) => item.id === id);
    return index > 0 ? (rows[index - 1]?.item.id ?? null) : null;
  }

  #heard(news: readonly News[]): void {
    for (const one of news) {
      if ('topic' in one && one.topic === this.#topic) this.#learn(one);
    }
    if (news.some((one) => one.kind === 'left' && one.list === this.id) && this.state === 'open') {
      this.#over('refused');
    }
    const mine = news.some(
      (one) => one.kind === 'outbox' || ('topic' in one && one.topic === this.#topic),
    );
    if (mine) this.#rebuild();
  }

  #learn(one: News & { topic: string }): void {
    if (one.kind === 'over') this.#over(one.why);
    else if (one.kind === 'presence') this.people = one.people;
    else if (one.kind === 'replica' && one.change && one.change.actor?.id !== this.me()?.id) {
      this.#others(one.change.items ?? [], one.change.actor?.id ?? 0);
      this.announcer.say(sentenceOf(happeningOf(one.change, one.before)));
    }
  }

  #over(why: Over): void {
    this.state = why;
    this.people = [];
    this.editing = null;
  }

  /** Mark what somebody else changed, and leave it where it is for a moment. */
  #others(items: readonly { id: string; purchased: boolean }[], actor: number): void {
    const ids = items.map(({ id }) => id);
    this.flashing = new Map([...this.flashing, ...ids.map((id) => [id, actor] as const)]);
    this.#linger(items.filter(({ purchased }) => purchased).map(({ id }) => id));
    this.#after(FLASHES, () => {
      this.flashing = new Map([...this.flashing].filter(([id]) => !ids.includes(id)));
    });
  }

  /** Rows that are open now stay among the open ones for a while. */
  #linger(ids: readonly string[]): void {
    const here = new Set(this.open.map(({ item }) => item.id));
    const staying = ids.filter((id) => here.has(id));
    for (const id of staying) this.#lingering.add(id);
    this.#after(LINGERS, () => {
      for (const id of staying) this.#lingering.delete(id);
      this.#rebuild();
    });
  }

  #after(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #rebuild(): void {
    const { list, items } = this.engine.replica(this.#topic);
    if (!list) return;
    this.state = 'open';
    this.name = nameOver(list.name, this.#edits);
    this.members = list.members;
    const me = this.me();
    this.role = list.members.find(({ id }) => id === me?.id)?.role ?? 'viewer';
    const rows = this.#withEdited(overlay(items, this.#edits, me));
    this.open = rows.filter((row) => !row.item.purchased || this.#stays(row));
    this.bought = rows
      .filter((row) => row.item.purchased && !this.#stays(row))
      .sort((a, b) => ((a.item.purchased_at ?? '') < (b.item.purchased_at ?? '') ? 1 : -1));
  }

  /** A ticked row stays among the open ones for a moment, and while it is edited. */
  #stays({ item }: ViewRow): boolean {
    return (
      this.#lingering.has(item.id) ||
      (this.editing?.item.id === item.id && !this.editing.item.purchased)
    );
  }

  /** The row under an open editor stays, even if somebody removed the item. */
  #withEdited(rows: ViewRow[]): ViewRow[] {
    const { editing } = this;
    this.editedGone = editing !== null && rows.every(({ item }) => item.id !== editing.item.id);
    if (!editing || !this.editedGone) return rows;
    const index = rows.findIndex(({ item }) => item.position > editing.item.position);
    return rows.toSpliced(index < 0 ? rows.length : index, 0, editing);
  }
}
