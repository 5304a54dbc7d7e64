import * as m from '#messages';
import { systemClock, type Clock } from '../net/clock';
import { uuid } from '../net/uuid';
import type { Actor, Role, UserProfile } from '../protocol/rest';
import { listTopic } from '../protocol/topic';
import type { Change, ItemRow, Member, PresentPerson } from '../protocol/frames';
import {
  nameKey,
  type Edit,
  type ItemFields,
  type ListSettings,
  type NewItem,
  type SettingsPatch,
  type Undo,
} from '../sync/edit';
import type { Engine, EngineEvent } from '../sync/engine';
import type { EndReason, PresenceDetails } from '../sync/subscription-state';
import { changedRows, type Replica } from '../sync/replica';
import type { Detail } from '../sync/item-merge';
import { entriesOfList, type Outbox } from '../sync/outbox';
import { emptyView, itemBefore, nextView, replacedRows, type ListView } from '../sync/list-view';
import { claimedItem, optimisticName, type ViewRow } from '../sync/optimistic-view';
import type { AisleFinder } from './aisle-finder';
import { AisleView } from './aisle-view.svelte';
import type { Announcer } from './announcer.svelte';
import type { Connection } from './connection.svelte';
import { DelayedMoves } from './delayed-moves';
import { Highlights } from './highlights.svelte';
import type { ListTool } from './list-tool';
import type { OwnPresence } from './own-presence.svelte';
import { isAllowed, type Action } from './permissions';
import type { ShopTrip } from './shop-trip.svelte';
import type { ListMode, Selection } from './selection';
import { isForShop, orderInShop } from './shops';
import { noteVisit, visitOf, type ListVisit } from './visits';
import { announceChange } from './change-announcement';
import type { Toast } from './toast.svelte';

/** The parts of the app that an open list needs. */
export interface OpenListDependencies {
  dependencies: { engine: Engine };
  connection: Connection;
  user: { profile: UserProfile | null };
  announcer: Announcer;
  toast: Toast;
}

/** What became of an item that the user added. */
export interface AddedItem {
  id: string;
  name: string;
  outcome: 'added' | 'on the list' | 'put back';
  /** The aisle that was found for a new item, or empty. */
  aisle: string;
  /** The fields that an item on the list got. */
  changed: readonly Detail[];
  undo: () => void;
}

/** Items that another member added. */
export interface RemoteAdd {
  ids: readonly string[];
  name: string;
  actor: Actor | null;
}

type SettingsOf = (settings: ListSettings, edits: Outbox) => Required<ListSettings>;

/** How many edits of this page can be undone, the latest first. */
const MAX_UNDO_STEPS = 50;

/** The list that the page shows. */
export class OpenList {
  state = $state<'loading' | 'open' | EndReason>('loading');
  name = $state('');
  members = $state.raw<readonly Member[]>([]);
  people = $state.raw<readonly PresentPerson[]>([]);
  /** The items to buy, and those that were just ticked: of the chosen shop, and of all. */
  openRows = $state.raw<readonly ViewRow[]>([]);
  allOpenRows = $state.raw<readonly ViewRow[]>([]);
  boughtRows = $state.raw<readonly ViewRow[]>([]);
  /** How many open items are not shown, because they are for other shops. */
  otherShopCount = $state(0);
  /** The open rows by aisle. */
  readonly aisles: AisleView;
  /** Finds the aisle of a new item. Null until it is loaded. */
  aisleFinder: AisleFinder | null = null;
  /** The settings of a list with the edits of this user, once the code for edits is loaded. */
  settingsOf: SettingsOf = ({ aisles = [], shops = {}, staples = {} }) => {
    return { aisles, shops, staples };
  };
  /** The order of the aisles, the shops and the staples. */
  settings = $state.raw<Required<ListSettings>>({ aisles: [], shops: {}, staples: {} });
  readonly highlights: Highlights;
  /** The item that the user added last. */
  addedItem = $state.raw<AddedItem | null>(null);
  remoteAdd = $state.raw<RemoteAdd | null>(null);
  role = $state<Role>('viewer');
  /** The row in the editor, as it was when the editor was opened. */
  editing = $state.raw<ViewRow | null>(null);
  /** What the page asks in a sheet. */
  tool = $state.raw<ListTool | null>(null);
  /** What the rows are for, null: to tick and to edit them. */
  mode = $state<ListMode | null>(null);
  /** The ids of the rows that are selected. */
  selection = $state.raw<Selection>(new Set());
  /** The row that the user drags. */
  #held: ViewRow | null = null;
  /** Whether another member removed that item meanwhile. */
  isEditedItemRemoved = $state(false);
  /** Who removed this user and when, if it is known. */
  removal = $state.raw<{ by: string; at: string } | null>(null);
  /** What the user was typing when the list ended. */
  typedTexts = $state.raw<readonly string[]>([]);
  /** What the user does here, beside looking. Null until it is loaded. */
  own = $state.raw<OwnPresence | null>(null);
  /** The user's way through a shop. Null if there is none, or until it is loaded. */
  trip = $state.raw<ShopTrip | null>(null);
  /** The user's visit before this one. Undefined until the server has told. */
  lastVisit = $state.raw<ListVisit | null | undefined>();
  /** The items that others have changed since that visit. */
  unread = $state.raw<ReadonlySet<string>>(new Set());
  /** Who edits an item now, by its id. */
  editors = $state.raw<ReadonlyMap<string, PresentPerson>>(new Map());
  /** Not reactive: a component that is removed reads the `state` from before. */
  #isEnded = false;
  readonly #topic: string;
  readonly #delayedMoves: DelayedMoves;
  #view: ListView = emptyView;
  readonly #undoSteps: { label: string; undo: () => void }[] = [];
  #unsubscribe: (() => void) | null = null;

  readonly engine: Engine;
  readonly connection: Connection;
  private readonly announcer: Announcer;
  private readonly toast: Toast;
  readonly #user: { profile: UserProfile | null };

  constructor(
    readonly id: string,
    { dependencies, connection, user, announcer, toast }: OpenListDependencies,
    clock: Clock = systemClock,
  ) {
    this.engine = dependencies.engine;
    this.connection = connection;
    this.announcer = announcer;
    this.toast = toast;
    this.#user = user;
    this.#topic = listTopic(id);
    this.aisles = new AisleView(id);
    this.#readLastVisit();
    this.highlights = new Highlights(clock);
    this.#delayedMoves = new DelayedMoves(clock, () => {
      this.#rebuild();
    });
  }

  start(): () => void {
    this.#unsubscribe = this.engine.subscribe((events) => {
      this.#onEvents(events);
    });
    let isStopped = false;
    const updatePresence = (): void => {
      const isVisible = document.visibilityState === 'visible';
      if (this.own) this.own.setVisible(isVisible);
      else this.setPresence({ state: isVisible ? 'viewing' : 'away' });
    };
    void this.engine.openList(this.id).then(() => {
      if (!isStopped) updatePresence();
    });
    this.#rebuild();
    document.addEventListener('visibilitychange', updatePresence);
    return () => {
      isStopped = true;
      document.removeEventListener('visibilitychange', updatePresence);
      this.setPresence(null);
      this.#noteVisit();
      this.engine.closeList(this.id);
      this.#unsubscribe?.();
      this.highlights.stop();
      this.#delayedMoves.stop();
    };
  }

  setPresence(presence: PresenceDetails | null): void {
    this.engine.setPresence(this.#topic, presence);
  }

  isAllowed(action: Action): boolean {
    return isAllowed(this.role, action);
  }

  add(fields: NewItem['fields']): void {
    const item = uuid();
    const same = claimedItem(this.items, nameKey(fields.name));
    const placed = same ? fields : this.withAisle(fields);
    const undo = this.#submit({ type: 'add', list: this.id, item, fields: placed }, fields.name);
    const { id, name, purchased } = same ?? { id: item, name: fields.name, purchased: false };
    const outcome = same === null ? 'added' : purchased ? 'put back' : 'on the list';
    const aisle = same ? '' : (placed.category ?? '');
    this.addedItem = { id, name, outcome, aisle, changed: [], undo };
  }

  /** The fields of a new item with its aisle, if it is found and the user sees aisles. */
  withAisle(fields: NewItem['fields']): NewItem['fields'] {
    if (fields.category !== undefined || !this.aisles.isWanted) return fields;
    const category = this.aisleFinder?.find(fields, this.items, this.aisleOrder) ?? null;
    return category === null ? fields : { ...fields, category };
  }

  /** All items on the list, including the bought ones. */
  get items(): readonly ItemRow[] {
    return this.#view.rows.map(({ item }) => item);
  }

  /** All rows, in the order of the list. */
  get rows(): readonly ViewRow[] {
    return this.#view.rows;
  }

  /**
   * Submit an edit, and offer to undo it. `settings` are those of the list that the undo restores.
   * Returns the function that undoes it.
   */
  submitMany(edit: Edit, label: string, text: string, settings?: SettingsPatch): () => void {
    const undo = this.#submit(edit, label, settings);
    this.offerUndo(text, undo);
    return undo;
  }

  tell(text: string): void {
    this.toast.show({ text });
  }

  offerUndo(text: string, undo: () => void): void {
    this.toast.show({ text, action: m.undo(), onAction: undo });
  }

  /** Submit edits as one step, which is undone as one. Returns the function that undoes it. */
  submitTogether(edits: readonly Edit[], label: string, settings?: SettingsPatch): () => void {
    const undos = edits.map((edit) => this.#submitEdit(edit, label, settings));
    return this.#remember(label, () => {
      for (const undo of undos.reverse()) undo();
    });
  }

  /** Submit an edit. Returns the function that undoes it. */
  #submit(edit: Edit, label: string, settings?: SettingsPatch): () => void {
    return this.#remember(label, this.#submitEdit(edit, label, settings));
  }

  #submitEdit(edit: Edit, label: string, settings?: SettingsPatch): () => void {
    const before = this.#view;
    const op = this.engine.submit(edit, label);
    const { removed, added } = replacedRows(before, this.#view);
    const restoredRows = removed.map(({ item }) => item);
    const ids = new Set(restoredRows.map(({ id }) => id));
    const addedHere = added.map(({ item }) => item.id).filter((id) => !ids.has(id));
    // A copy adds its items to another list.
    const removedIds =
      edit.type === 'copy items' ? edit.newItems.map(({ item }) => item) : addedHere;
    return () => {
      this.#undo({ list: edit.list, undoneOp: op, restoredRows, removedIds, settings }, label);
    };
  }

  /** Keep an undo step. Returns a function that takes the step, once. */
  #remember(label: string, undo: () => void): () => void {
    const step = {
      label,
      undo: (): void => {
        const index = this.#undoSteps.indexOf(step);
        if (index < 0) return;
        this.#undoSteps.splice(index, 1);
        undo();
      },
    };
    this.#undoSteps.push(step);
    if (this.#undoSteps.length > MAX_UNDO_STEPS) this.#undoSteps.shift();
    return step.undo;
  }

  /** Undo the latest edit that this page made and has not undone. Returns what it was about. */
  undoLast(): string | null {
    const step = this.#undoSteps.at(-1);
    step?.undo();
    return step?.label ?? null;
  }

  /** Undo an edit of this user that is already saved. */
  undo(undoneOp: string, version: number, label: string): void {
    this.engine.submit(
      { type: 'undo', list: this.id, undoneOp, version, restoredRows: [], removedIds: [] },
      label,
    );
  }

  #undo(undo: Omit<Undo, 'type' | 'version'>, label: string): void {
    const { undoneOp } = undo;
    const version = this.engine.changeVersionOf(undoneOp);
    const isWaiting = this.engine.outbox.some(
      ({ op, state }) => op === undoneOp && (state === 'waiting' || state === 'sending'),
    );
    // The edit is neither saved nor waiting, so it changed nothing.
    if (version === null && !isWaiting) return;
    this.engine.submit({ type: 'undo', version, ...undo }, label);
  }

  /** Let all ticked rows move at once. */
  releaseMoves(): void {
    this.#delayedMoves.releaseAll();
  }

  tick({ item }: ViewRow, purchased: boolean): void {
    if (purchased) this.#delayMove([item.id]);
    else this.#delayedMoves.release(item.id);
    this.change(item.id, item.name, { purchased });
  }

  change(item: string, name: string, fields: Partial<ItemFields>): void {
    if (Object.keys(fields).length === 0) return;
    this.#submit({ type: 'change', list: this.id, item, fields }, name);
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

  /** Keep a text that was being typed, if the list has ended. */
  readonly keepTyped = (text: string): void => {
    if (this.#isEnded && text !== '') this.typedTexts = [...this.typedTexts, text];
  };

  /** Remove an item, and offer to restore it at the same place. */
  remove({ item }: ViewRow): void {
    const after = itemBefore(this.engine.replica(this.#topic).items, item.id);
    if (this.editing?.item.id === item.id) this.editing = null;
    this.engine.submit({ type: 'remove', list: this.id, item: item.id }, item.name);
    const undo = this.#remember(item.name, () => {
      this.#restore(item, after);
    });
    this.offerUndo(m.list_removed_toast({ name: item.name }), undo);
  }

  rename(name: string): void {
    const before = this.name;
    this.#rename(name);
    this.#remember(before, () => {
      this.#rename(before);
    });
  }

  #rename(name: string): void {
    this.engine.submit({ type: 'rename', list: this.id, name }, name);
  }

  #restore(row: ItemRow, after: string | null): void {
    this.engine.submit({ type: 'restore', list: this.id, item: row.id, row, after }, row.name);
  }

  get #edits(): Outbox {
    return entriesOfList(this.engine.outbox, this.id);
  }

  #onEvents(events: readonly EngineEvent[]): void {
    for (const event of events) {
      if (event.kind === 'welcome') {
        // The server says who is here, unless it is nobody.
        this.people = [];
        this.#readLastVisit();
      }
      if ('topic' in event && event.topic === this.#topic) this.#onTopicEvent(event);
      if (event.kind === 'merged' && event.list === this.id) this.#onMerged(event);
    }
    for (const event of events) {
      if (event.kind !== 'left' || event.list !== this.id) continue;
      if (event.by && event.at) this.removal = { by: event.by.name, at: event.at };
      if (this.state === 'open') this.#close('refused');
    }
    const isAffected = events.some(
      (one) => one.kind === 'outbox' || ('topic' in one && one.topic === this.#topic),
    );
    if (isAffected) this.#rebuild();
  }

  #readLastVisit(): void {
    if (this.lastVisit === undefined) this.lastVisit = visitOf(this.engine, this.id);
  }

  /** The user has seen the list as it is now. The server will say so too. */
  #noteVisit(): void {
    const { epoch, version } = this.engine.replica(this.#topic);
    const at = new Date(Date.now() + this.engine.clockOffset).toISOString();
    if (epoch !== null) noteVisit(this.engine, this.id, { epoch, version, at });
  }

  /** An item that the user added was on the list already, so no new row appears. */
  #onMerged({ name, op, changed, version }: EngineEvent & { kind: 'merged' }): void {
    const same = claimedItem(this.items, nameKey(name));
    const isKnown = this.addedItem?.id === same?.id && this.addedItem?.outcome !== 'added';
    if (!same || (isKnown && changed.length === 0)) return;
    const undo = (): void => {
      this.undo(op, version, name);
    };
    const { id, name: itemName } = same;
    this.addedItem = { id, name: itemName, outcome: 'on the list', aisle: '', changed, undo };
  }

  #onTopicEvent(event: EngineEvent & { topic: string }): void {
    if (event.kind === 'closed') this.#close(event.reason);
    else if (event.kind === 'presence') this.people = event.people;
    else if (event.kind === 'replica' && event.change && !this.engine.isOwn(event.change)) {
      const rows = changedRows(event.change, event.after);
      this.#noteRemoteAdd(event.change, event.before, rows);
      this.#highlightRemoteChange(rows, event.change.actor?.id ?? 0);
      void announceChange(this.announcer, event.change, event.before);
    }
  }

  #noteRemoteAdd({ actor }: Change, before: Replica, rows: readonly ItemRow[]): void {
    const added = rows.filter(({ id }) => !before.items.has(id));
    const [first] = added;
    if (!first) return;
    this.remoteAdd = { ids: added.map(({ id }) => id), name: first.name, actor };
  }

  /** Highlight a row in a colour of a member, or of this user. */
  flash(id: string, memberId = this.#user.profile?.id ?? 0): void {
    this.highlights.show([id], memberId);
  }

  #close(reason: EndReason): void {
    this.#isEnded = true;
    this.state = reason;
    this.people = [];
    this.editing = null;
  }

  /** Highlight items that another member changed, and delay their move. */
  #highlightRemoteChange(
    items: readonly { id: string; purchased: boolean }[],
    userId: number,
  ): void {
    this.highlights.show(
      items.map(({ id }) => id),
      userId,
    );
    this.#delayMove(items.filter(({ purchased }) => purchased).map(({ id }) => id));
  }

  /** Keep open rows among the open ones for a moment, although they are ticked now. */
  #delayMove(ids: readonly string[]): void {
    const openIds = new Set(ids.length > 0 ? this.openRows.map(({ item }) => item.id) : []);
    this.#delayedMoves.delay(ids.filter((id) => openIds.has(id)));
  }

  /** Say to a screen reader what the user has just done. */
  say(sentence: string): void {
    this.announcer.say(sentence);
  }

  /** Keep a row in its place while the user drags it, null: no row. */
  hold(row: ViewRow | null): void {
    this.#held = row;
    this.#rebuild();
  }

  #rebuild(): void {
    const { list, items } = this.engine.replica(this.#topic);
    if (!list) return;
    this.state = 'open';
    this.name = optimisticName(list.name, this.#edits);
    this.members = list.members;
    const user = this.#user.profile;
    this.role = list.members.find(({ id }) => id === user?.id)?.role ?? 'viewer';
    this.#view = nextView(this.#view, items, this.#edits, user);
    this.allOpenRows = this.#withPinnedRow(this.#view.rows).filter(
      (row) => !row.item.purchased || this.#isShownAsOpen(row),
    );
    const { shop } = this.aisles;
    this.openRows = this.allOpenRows.filter(
      (row) => isForShop(row.item, shop) || row.item.id === this.editing?.item.id,
    );
    this.otherShopCount = this.allOpenRows.length - this.openRows.length;
    this.boughtRows = this.#view.boughtRows.filter((row) => !this.#isShownAsOpen(row));
    this.settings = this.settingsOf(list, this.#edits);
    this.aisles.update(this.openRows, this.aisleOrder);
  }

  /** The names of aisles in the order by hand, in the chosen shop. */
  get aisleOrder(): readonly string[] {
    return orderInShop(this.settings, this.aisles.shop);
  }

  /** Whether an open item has an aisle, so that the rows can be grouped. */
  get hasAisles(): boolean {
    return this.openRows.some(({ item }) => item.category !== '');
  }

  /** Compute again what is shown. */
  refresh(): void {
    this.#rebuild();
  }

  /** Whether a row is shown among the open ones: it was just ticked, or it is being edited. */
  #isShownAsOpen({ item }: ViewRow): boolean {
    return (
      this.#delayedMoves.has(item.id) ||
      (this.editing?.item.id === item.id && !this.editing.item.purchased)
    );
  }

  /**
   * Keep the row that is edited or dragged in its place, even if another member moved or removed it.
   *
   * A row that moves in the page loses the focus, and in another aisle it would be a new row.
   */
  #withPinnedRow(rows: readonly ViewRow[]): readonly ViewRow[] {
    const pinned = this.editing ?? this.#held;
    const current = pinned && rows.find(({ item }) => item.id === pinned.item.id);
    this.isEditedItemRemoved = this.editing !== null && !current;
    if (!pinned) return rows;
    const { position, category } = pinned.item;
    if (current?.item.position === position && current.item.category === category) return rows;
    const others = rows.filter((row) => row !== current);
    const index = others.findIndex(({ item }) => item.position > position);
    const kept = current ? { ...current, item: { ...current.item, position, category } } : pinned;
    return others.toSpliced(index < 0 ? others.length : index, 0, kept);
  }
}
