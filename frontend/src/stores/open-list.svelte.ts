import { uuid } from '../net/uuid';
import type { Role, UserProfile } from '../protocol/rest';
import { listTopic } from '../protocol/topic';
import type { Change, ItemRow, Member, PresentPerson } from '../protocol/frames';
import { nameKey, type Edit, type ItemFields, type NewItem } from '../sync/edit';
import type { Engine, EngineEvent } from '../sync/engine';
import type { EndReason } from '../sync/subscription-state';
import { changedRows, type Replica } from '../sync/replica';
import { entriesOfList, type Outbox } from '../sync/outbox';
import { optimisticName, optimisticRows, type ViewRow } from '../sync/optimistic-view';
import type { Announcer } from './announcer.svelte';
import { mergeText } from './merge-text';
import { isAllowed, type Action } from './permissions';
import type { Toast } from './toast.svelte';

/** How long a ticked row keeps its place, in milliseconds. Rows must not move under a finger. */
const TICKED_DELAY = 2000;
/** How long changes by other members are highlighted, in milliseconds. */
const HIGHLIGHT_TIME = 2000;

const itemCount = (count: number): string => (count === 1 ? '1 item' : `${count} items`);

/** The list that the page shows. */
export class OpenList {
  state = $state<'loading' | 'open' | EndReason>('loading');
  name = $state('');
  members = $state.raw<readonly Member[]>([]);
  people = $state.raw<readonly PresentPerson[]>([]);
  /** The items to buy, and those that were just ticked. */
  openRows = $state.raw<readonly ViewRow[]>([]);
  boughtRows = $state.raw<readonly ViewRow[]>([]);
  /** Maps the ids of items that another member just changed to the id of that member. */
  highlighted = $state.raw<ReadonlyMap<string, number>>(new Map());
  role = $state<Role>('viewer');
  /** The row in the editor, as it was when the editor was opened. */
  editing = $state.raw<ViewRow | null>(null);
  /** Whether another member removed that item meanwhile. */
  isEditedItemRemoved = $state(false);
  readonly #topic: string;
  #recentlyTicked = new Set<string>();
  #unsubscribe: (() => void) | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    readonly id: string,
    private readonly engine: Engine,
    private readonly currentUser: () => UserProfile | null,
    private readonly announcer: Announcer,
    private readonly toast: Toast,
  ) {
    this.#topic = listTopic(id);
  }

  start(): () => void {
    this.#unsubscribe = this.engine.subscribe((events) => {
      this.#onEvents(events);
    });
    let isStopped = false;
    const updatePresence = (): void => {
      this.engine.setPresence(
        this.#topic,
        document.visibilityState === 'visible' ? 'viewing' : 'away',
      );
    };
    void this.engine.openList(this.id).then(() => {
      if (!isStopped) updatePresence();
    });
    this.#rebuild();
    document.addEventListener('visibilitychange', updatePresence);
    return () => {
      isStopped = true;
      document.removeEventListener('visibilitychange', updatePresence);
      this.engine.setPresence(this.#topic, null);
      this.engine.closeList(this.id);
      this.#unsubscribe?.();
      for (const timer of this.#timers) clearTimeout(timer);
    };
  }

  isAllowed(action: Action): boolean {
    return isAllowed(this.role, action);
  }

  add(fields: NewItem['fields']): void {
    const item = uuid();
    this.engine.submit({ type: 'add', list: this.id, item, fields }, fields.name);
  }

  /** All items on the list, including the bought ones. */
  get items(): readonly ItemRow[] {
    return [...this.openRows, ...this.boughtRows].map(({ item }) => item);
  }

  /** Add several items as one change, with one undo. */
  addMany(fields: readonly NewItem['fields'][]): void {
    const newItems = fields.map((itemFields) => ({ item: uuid(), fields: itemFields }));
    const names = new Set(fields.map(({ name }) => nameKey(name)));
    const text = itemCount(newItems.length);
    this.#submitMany(
      { type: 'add items', list: this.id, newItems },
      text,
      `Added ${text}`,
      ({ name }) => names.has(nameKey(name)),
    );
  }

  /** Untick all bought items, as one change. */
  untickAll(): void {
    const items = this.#boughtIds();
    const text = `Unticked ${itemCount(items.length)}`;
    this.#recentlyTicked.clear();
    this.#submitMany(
      { type: 'untick items', list: this.id, items },
      'all items in the cart',
      text,
      ({ id }) => items.includes(id),
    );
  }

  /** Remove all bought items, as one change. */
  clearCart(): void {
    const items = this.#boughtIds();
    const text = `Removed ${itemCount(items.length)}`;
    this.#submitMany(
      { type: 'remove items', list: this.id, items },
      'all items in the cart',
      text,
      ({ id }) => items.includes(id),
    );
  }

  #boughtIds(): string[] {
    return this.items.filter(({ purchased }) => purchased).map(({ id }) => id);
  }

  /** Submit a bulk edit, and offer to undo it. `isAffected` selects its items. */
  #submitMany(
    openEditor: Edit,
    label: string,
    text: string,
    isAffected: (item: ItemRow) => boolean,
  ): void {
    const rows = this.items.filter(isAffected);
    const op = this.engine.submit(openEditor, label);
    this.toast.show({
      text,
      action: 'Undo',
      onAction: () => {
        const keptIds = new Set(rows.map(({ id }) => id));
        const added = this.items.filter((item) => isAffected(item) && !keptIds.has(item.id));
        this.#undo(op, label, rows, added);
      },
    });
  }

  /** Undo an edit of this user that is already saved. */
  undo(undoneOp: string, version: number, label: string): void {
    this.engine.submit(
      { type: 'undo', list: this.id, undoneOp, version, restoredRows: [], removedIds: [] },
      label,
    );
  }

  #undo(
    undoneOp: string,
    label: string,
    restoredRows: readonly ItemRow[],
    added: readonly ItemRow[],
  ): void {
    const version = this.engine.changeVersionOf(undoneOp);
    const isWaiting = this.#edits.some(
      ({ op, state }) => op === undoneOp && (state === 'waiting' || state === 'sending'),
    );
    // The edit is neither saved nor waiting, so it changed nothing.
    if (version === null && !isWaiting) return;
    const removedIds = added.map(({ id }) => id);
    this.engine.submit(
      { type: 'undo', list: this.id, undoneOp, version, restoredRows, removedIds },
      label,
    );
  }

  tick({ item }: ViewRow, purchased: boolean): void {
    if (purchased) this.#delayMove([item.id]);
    else this.#recentlyTicked.delete(item.id);
    this.change(item.id, item.name, { purchased });
  }

  change(item: string, name: string, fields: Partial<ItemFields>): void {
    if (Object.keys(fields).length === 0) return;
    this.engine.submit({ type: 'change', list: this.id, item, fields }, name);
  }

  /** Open the editor of a row. It stays open, even if other members change the item. */
  edit(row: ViewRow): void {
    this.editing = row;
    this.#rebuild();
  }

  /** Close the editor, and submit the changed fields. */
  closeEditor(fields: Partial<ItemFields> = {}): void {
    const { editing, isEditedItemRemoved } = this;
    this.editing = null;
    if (editing && Object.keys(fields).length > 0) {
      const name = fields.name ?? editing.item.name;
      if (isEditedItemRemoved) this.#restore({ ...editing.item, ...fields }, null);
      else this.change(editing.item.id, name, fields);
    }
    this.#rebuild();
  }

  /** Remove an item, and offer to restore it at the same place. */
  remove({ item }: ViewRow): void {
    const after = this.#previousItemId(item.id);
    if (this.editing?.item.id === item.id) this.editing = null;
    this.engine.submit({ type: 'remove', list: this.id, item: item.id }, item.name);
    this.toast.show({
      text: `Removed ${item.name}`,
      action: 'Undo',
      onAction: () => {
        this.#restore(item, after);
      },
    });
  }

  rename(name: string): void {
    this.engine.submit({ type: 'rename', list: this.id, name }, name);
  }

  #restore(row: ItemRow, after: string | null): void {
    this.engine.submit({ type: 'restore', list: this.id, item: row.id, row, after }, row.name);
  }

  get #edits(): Outbox {
    return entriesOfList(this.engine.outbox, this.id);
  }

  /** The id of the item before this one on the server, or null for the first item. */
  #previousItemId(id: string): string | null {
    const items = this.engine.replica(this.#topic).items;
    const rows = optimisticRows(items, [], null);
    const index = rows.findIndex(({ item }) => item.id === id);
    return index > 0 ? (rows[index - 1]?.item.id ?? null) : null;
  }

  #onEvents(events: readonly EngineEvent[]): void {
    for (const event of events) {
      if ('topic' in event && event.topic === this.#topic) this.#onTopicEvent(event);
      if (event.kind === 'merged' && event.list === this.id) this.#onMerged(event);
    }
    if (
      events.some((event) => event.kind === 'left' && event.list === this.id) &&
      this.state === 'open'
    ) {
      this.#close('refused');
    }
    const isAffected = events.some(
      (one) => one.kind === 'outbox' || ('topic' in one && one.topic === this.#topic),
    );
    if (isAffected) this.#rebuild();
  }

  /** Say what happened to an item that the user added, because no new row appears. */
  #onMerged({ name, op, changed, version }: EngineEvent & { kind: 'merged' }): void {
    const text = `${name} is ${mergeText(changed)}`;
    this.announcer.announce(text);
    if (changed.length === 0) this.toast.show({ text });
    else
      this.toast.show({
        text,
        action: 'Undo',
        onAction: () => {
          this.undo(op, version, name);
        },
      });
  }

  #onTopicEvent(event: EngineEvent & { topic: string }): void {
    if (event.kind === 'closed') this.#close(event.reason);
    else if (event.kind === 'presence') this.people = event.people;
    else if (
      event.kind === 'replica' &&
      event.change &&
      event.change.actor?.id !== this.currentUser()?.id
    ) {
      const rows = changedRows(event.change, event.after);
      this.#highlightRemoteChange(rows, event.change.actor?.id ?? 0);
      void this.#announceChange(event.change, event.before);
    }
  }

  /** The words are loaded when they are needed first: what is shown first needs none. */
  async #announceChange(change: Change, before: Replica): Promise<void> {
    const words = await import('./activity-text').catch(() => null);
    if (words) this.announcer.announce(words.activityText(words.summaryOfChange(change, before)));
  }

  #close(reason: EndReason): void {
    this.state = reason;
    this.people = [];
    this.editing = null;
  }

  /** Highlight items that another member changed, and delay their move. */
  #highlightRemoteChange(
    items: readonly { id: string; purchased: boolean }[],
    userId: number,
  ): void {
    const ids = items.map(({ id }) => id);
    this.highlighted = new Map([...this.highlighted, ...ids.map((id) => [id, userId] as const)]);
    this.#delayMove(items.filter(({ purchased }) => purchased).map(({ id }) => id));
    this.#schedule(HIGHLIGHT_TIME, () => {
      this.highlighted = new Map([...this.highlighted].filter(([id]) => !ids.includes(id)));
    });
  }

  /** Keep open rows among the open ones for a moment, although they are ticked now. */
  #delayMove(ids: readonly string[]): void {
    const openIds = new Set(this.openRows.map(({ item }) => item.id));
    const delayedIds = ids.filter((id) => openIds.has(id));
    for (const id of delayedIds) this.#recentlyTicked.add(id);
    this.#schedule(TICKED_DELAY, () => {
      for (const id of delayedIds) this.#recentlyTicked.delete(id);
      this.#rebuild();
    });
  }

  #schedule(milliseconds: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #rebuild(): void {
    const { list, items } = this.engine.replica(this.#topic);
    if (!list) return;
    this.state = 'open';
    this.name = optimisticName(list.name, this.#edits);
    this.members = list.members;
    const user = this.currentUser();
    this.role = list.members.find(({ id }) => id === user?.id)?.role ?? 'viewer';
    const rows = this.#withEditedRow(optimisticRows(items, this.#edits, user));
    this.openRows = rows.filter((row) => !row.item.purchased || this.#isShownAsOpen(row));
    this.boughtRows = rows
      .filter((row) => row.item.purchased && !this.#isShownAsOpen(row))
      .sort((a, b) => ((a.item.purchased_at ?? '') < (b.item.purchased_at ?? '') ? 1 : -1));
  }

  /** Whether a row is shown among the open ones: it was just ticked, or it is being edited. */
  #isShownAsOpen({ item }: ViewRow): boolean {
    return (
      this.#recentlyTicked.has(item.id) ||
      (this.editing?.item.id === item.id && !this.editing.item.purchased)
    );
  }

  /** Keep the row in the editor, even if another member removed the item. */
  #withEditedRow(rows: ViewRow[]): ViewRow[] {
    const { editing } = this;
    this.isEditedItemRemoved =
      editing !== null && rows.every(({ item }) => item.id !== editing.item.id);
    if (!editing || !this.isEditedItemRemoved) return rows;
    const index = rows.findIndex(({ item }) => item.position > editing.item.position);
    return rows.toSpliced(index < 0 ? rows.length : index, 0, editing);
  }
}
