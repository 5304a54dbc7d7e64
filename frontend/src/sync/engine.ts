import type { Clock } from '../net/clock';
import type { Http } from '../net/http';
import type { AfterPaint } from '../net/paint';
import { ReconnectingSocket } from '../net/reconnecting-socket';
import type { OpenSocket } from '../net/socket-connection';
import type { ReconnectDecision } from '../protocol/close';
import { listIdOf, listTopic } from '../protocol/topic';
import type {
  ActivityEntry,
  Change,
  KnownList,
  ListPosition,
  Overview,
  OverviewRow,
  Person,
  PresentPerson,
  Sample,
  Seen,
  ServerFrame,
  Snapshot,
  Welcome,
} from '../protocol/frames';
import type { Edit } from './edit';
import { createdReplica, createdRow, creationsIn, uncreatedLists } from './created-lists';
import type { Detail } from './item-merge';
import type { Outbox } from './outbox';
import { OutboxSender } from './outbox-sender';
import { applyFrame, emptyReplica, positionOf, type Replica } from './replica';
import { SeenReporter } from './seen-reporter';
import {
  initialSubscriptionState,
  isShown,
  reduce,
  type Input,
  type EndReason,
  type PresenceDetails,
  type SubscriptionState,
} from './subscription-state';
import type { NameStorage, UserStorage } from './storage';

/** An event for the stores. All events of one message are delivered together. */
export type EngineEvent =
  | { kind: 'welcome'; frame: Welcome }
  /** `code`: that of the close; none if a request was refused. */
  | { kind: 'down'; decision: ReconnectDecision; code?: number | undefined }
  /** The stores must discard all data: another user may sign in. */
  | { kind: 'reset' }
  | { kind: 'replica'; topic: string; before: Replica; after: Replica; change: Change | null }
  | { kind: 'closed'; topic: string; reason: EndReason }
  | { kind: 'presence'; topic: string; people: readonly PresentPerson[] }
  | { kind: 'joined'; list: ListPosition }
  | { kind: 'left'; list: string; by: Person | null; at: string | null }
  /** All lists of the user. They replace every list that the stores have. */
  | { kind: 'lists'; rows: readonly OverviewRow[] }
  | { kind: 'list'; row: OverviewRow }
  /** The server has created a list of this browser. Its own row may follow. */
  | { kind: 'created'; row: OverviewRow }
  /** The newest changes of all lists. They replace every entry that the stores have. */
  | { kind: 'activities'; entries: readonly ActivityEntry[] }
  | { kind: 'activity'; entry: ActivityEntry }
  | { kind: 'sample'; sample: Sample }
  /** A frame that only one store of a page knows. */
  | { kind: 'frame'; frame: ServerFrame }
  | { kind: 'history'; topic: string; columns: Readonly<Record<string, unknown[]>> }
  | { kind: 'outbox' }
  /** An added item was on the list already. `changed` are the fields that it got. */
  | {
      kind: 'merged';
      list: string;
      op: string;
      name: string;
      changed: readonly Detail[];
      version: number;
    };

export type EngineListener = (events: readonly EngineEvent[]) => void;

/** What the server sends of a whole list over HTTP. */
type SnapshotResponse = Omit<Snapshot, 'type' | 'topic' | 'part' | 'parts'>;

/** Keeps replicas of the open lists, and sends edits. The pure modules make all decisions. */
export class Engine {
  #subscriptions: SubscriptionState = initialSubscriptionState;
  readonly #replicas = new Map<string, Replica>();
  readonly #listeners = new Set<EngineListener>();
  readonly #socket: ReconnectingSocket;
  readonly #sender: OutboxSender;
  readonly #seen: SeenReporter;
  readonly #openTopics = new Set<string>();
  /** The user whose data this page has, null if it stores nothing. */
  #userId: number | null = null;
  #storage: UserStorage | null = null;
  /** Topics whose stored replica is being read. They are subscribed to after that. */
  readonly #readings = new Map<string, Promise<void>>();
  /** Lists that the server does not have yet, with what waits until it has them. */
  readonly #uncreated = new Map<string, (() => void)[]>();
  /** Resolves when the stored edits are known. */
  #opening: Promise<unknown> = Promise.resolve();
  /** The lists of the user, with their last visits. Null until the server has told. */
  knownLists: KnownList[] | null = null;
  /** How long the server remembers a presence that is not repeated, in seconds. */
  presenceLease = 25;
  /** How far the clock of the server is ahead of this one, in milliseconds. */
  clockOffset = 0;
  /** The rows of the parts of an overview whose last part has not arrived yet. */
  #overviewRows: OverviewRow[] = [];

  constructor(
    openSocket: OpenSocket,
    readonly http: Http,
    private readonly clock: Clock,
    private readonly afterPaint: AfterPaint,
    /** The longest wait before the next try to reach the server, in milliseconds. */
    maxDelay?: () => number,
  ) {
    this.#socket = new ReconnectingSocket(
      openSocket,
      clock,
      {
        onFrames: (frames) => {
          this.#onFrames(frames);
        },
        onDown: (decision, code) => {
          this.#onDown(decision, code);
        },
      },
      maxDelay,
    );
    this.#sender = new OutboxSender(
      http,
      clock,
      {
        onChange: () => {
          this.#showCreatedLists();
          this.#watchNeededLists();
          this.#emit([{ kind: 'outbox' }]);
        },
        onSignedOut: () => {
          this.#socket.stop();
          this.#onDown('sign in');
        },
        onAcknowledged: ({ edit, op, label }, response) => {
          const { outcome, changed = [], version = 0 } = response;
          this.#sender.confirm(edit.list, this.replica(listTopic(edit.list)), null);
          if (edit.type === 'add' && outcome === 'merged')
            this.#emit([{ kind: 'merged', list: edit.list, op, name: label, changed, version }]);
        },
      },
      maxDelay,
    );
    this.#seen = new SeenReporter(clock, (frame) => {
      this.#socket.send(frame);
    });
  }

  /** The server knows who is signed in here: connect, and send the edits that wait. */
  start(): void {
    this.#socket.start();
    this.#sender.start();
  }

  /**
   * Connect, but send no edit before the server says that this user is signed in.
   *
   * Another user may have signed in at this browser meanwhile.
   */
  connect(): void {
    this.#socket.start();
  }

  /**
   * Show what this browser stores of a user, and store everything from now on. Resolves when
   * the stored lists and edits are known.
   */
  async open(userId: number, storage: UserStorage | null): Promise<void> {
    if (this.#userId === userId) return;
    this.#userId = userId;
    this.#storage = storage;
    if (!storage) return;
    const opening = this.#sender.open(storage).catch(() => undefined);
    this.#opening = opening;
    const [rows] = await Promise.all([storage.replicas.readOverview(), opening]);
    if (rows && storage === this.#storage) this.#emit([{ kind: 'lists', rows }]);
  }

  /** The network or the page is back. */
  resume(): void {
    this.#socket.resume();
    void this.#sender.reload();
    this.#sender.flush();
  }

  /** The page may be closed at any moment: store and report what is not yet. */
  flushStorage(): void {
    this.#seen.flush();
    this.#storage?.replicas.flush();
  }

  /** When the socket connects again, in Unix milliseconds, null if it is not waiting. */
  get nextTryAt(): number | null {
    return this.#socket.nextTryAt;
  }

  /** When the server sent something for the last time, in Unix milliseconds. */
  get lastAnswerAt(): number | null {
    return this.#socket.lastAnswerAt;
  }

  /** Whether an edit that is not saved yet would be lost with the page. */
  isAtRisk(op: string): boolean {
    return this.#sender.isAtRisk(op);
  }

  /** Discard all data of this page, because the user signed out. What is stored stays. */
  reset(): void {
    this.#socket.stop();
    this.#storage?.replicas.close();
    this.#storage?.close();
    this.#storage = null;
    this.#userId = null;
    this.knownLists = null;
    this.#readings.clear();
    this.#uncreated.clear();
    this.#sender.close();
    this.#seen.stopAll();
    this.#subscriptions = initialSubscriptionState;
    this.#openTopics.clear();
    this.#replicas.clear();
    this.#emit([{ kind: 'reset' }]);
  }

  subscribe(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follow a topic; a list until `closeList`. */
  watch(topic: string): void {
    this.#openTopics.add(topic);
    this.#watch(topic);
  }

  /** Follow a topic no longer. */
  unwatch(topic: string): void {
    if (this.#openTopics.delete(topic)) this.#unwatch(topic);
  }

  #watch(topic: string): void {
    this.#emit(this.#dispatch({ type: 'watch', topic }));
  }

  isWatched(topic: string): boolean {
    return this.#subscriptions.topics.has(topic);
  }

  /**
   * Follow a list that the page shows, until `closeList`.
   *
   * What this browser stores is shown at once. A list that it does not store is read over HTTP,
   * because that is compressed. If this fails, the socket sends it.
   */
  async openList(listId: string): Promise<void> {
    const topic = listTopic(listId);
    this.#openTopics.add(topic);
    await this.#opening;
    await this.#whenCreated(listId);
    await this.#readStored(topic);
    if (!this.#openTopics.has(topic)) return;
    if (positionOf(this.replica(topic)) === null) {
      const path = `shopping-lists/${listId}/snapshot/`;
      const request = this.http<SnapshotResponse>({ method: 'GET', path });
      const response = await request.catch(() => null);
      if (!this.#openTopics.has(topic)) return;
      if (response && positionOf(this.replica(topic)) === null)
        this.#emit(this.#applyFrame({ type: 'snapshot', topic, part: 1, parts: 1, ...response }));
    }
    this.#watch(topic);
  }

  /** The page no longer shows a list. It is followed until its edits are confirmed. */
  closeList(listId: string): void {
    this.#openTopics.delete(listTopic(listId));
    this.#watchNeededLists();
  }

  /** Follow the open lists and the lists with edits, and no others. Their replicas stay. */
  #watchNeededLists(): void {
    const edited = this.#editedTopics();
    for (const topic of edited) {
      if (!this.isWatched(topic) && !this.#openTopics.has(topic)) this.#watchStored(topic);
    }
    for (const topic of this.#subscriptions.topics.keys()) {
      if (!this.#openTopics.has(topic) && !edited.has(topic)) this.#unwatch(topic);
    }
  }

  /** The lists with edits, without those that the server does not have yet. */
  #editedTopics(): Set<string> {
    const lists = this.outbox.map(({ edit }) => edit.list);
    return new Set(lists.filter((list) => !this.#uncreated.has(list)).map(listTopic));
  }

  /** Show lists that this browser creates, before the server has them. */
  #showCreatedLists(): void {
    const { outbox } = this;
    const creations = creationsIn(outbox);
    for (const entry of creations) {
      const { list } = entry.edit;
      if (entry.state !== 'acknowledged' && !this.#uncreated.has(list))
        this.#uncreated.set(list, []);
      const topic = listTopic(list);
      const { list: row, ended } = this.replica(topic);
      if (row === null && ended === null) this.#replicas.set(topic, createdReplica(entry));
    }
    const remaining = uncreatedLists(outbox);
    const known = new Set(outbox.map(({ edit }) => edit.list));
    for (const [list, callbacks] of this.#uncreated) {
      if (remaining.has(list)) continue;
      this.#uncreated.delete(list);
      const created = creations.find(({ edit }) => edit.list === list);
      if (created) this.#emit([{ kind: 'created', row: createdRow(created) }]);
      if (known.has(list)) for (const callback of callbacks) callback();
      else void this.#endCreation(listTopic(list), callbacks);
    }
  }

  /** A creation was dropped, or another tab has seen it saved while this one slept. */
  async #endCreation(topic: string, callbacks: readonly (() => void)[]): Promise<void> {
    const storage = this.#storage;
    await this.#readStored(topic);
    if (storage !== this.#storage) return;
    if (positionOf(this.replica(topic)) === null) {
      this.#openTopics.delete(topic);
      this.#emit([this.#closeTopic(topic, 'refused')]);
    }
    for (const callback of callbacks) callback();
  }

  /** Resolves when the server has a list, at once unless this browser creates it. */
  #whenCreated(list: string): Promise<void> {
    const callbacks = this.#uncreated.get(list);
    if (!callbacks) return Promise.resolve();
    return new Promise((resolve) => {
      callbacks.push(resolve);
    });
  }

  /** Follow a list from its stored position. */
  #watchStored(topic: string): void {
    if (!this.#storage || positionOf(this.replica(topic))) {
      this.#watch(topic);
      return;
    }
    if (this.#readings.has(topic)) return;
    void this.#readStored(topic).then(() => {
      if (this.#editedTopics().has(topic)) this.#watch(topic);
    });
  }

  /** Show the replica that this browser stores, unless the page has one already. */
  #readStored(topic: string): Promise<void> {
    const known = this.#readings.get(topic);
    if (known) return known;
    const list = listIdOf(topic);
    const storage = this.#storage;
    if (!storage || list === null || positionOf(this.replica(topic))) return Promise.resolve();
    const reading = storage.replicas.read(list).then((after) => {
      if (storage !== this.#storage) return;
      this.#readings.delete(topic);
      const before = this.replica(topic);
      if (!after || positionOf(before)) return;
      this.#replicas.set(topic, after);
      this.#sender.confirm(list, after, null);
      this.#emit([{ kind: 'replica', topic, before, after, change: null }]);
    });
    this.#readings.set(topic, reading);
    return reading;
  }

  #unwatch(topic: string): void {
    this.#seen.stop(topic);
    this.#emit(this.#dispatch({ type: 'unwatch', topic }));
  }

  /**
   * Tell the other members of a list what this user does there. Null: nothing any more.
   *
   * A list with a presence is on this screen, so the server is told which version it shows.
   */
  setPresence(topic: string, presence: PresenceDetails | null): void {
    const wasShown = isShown(this.#subscriptions, topic);
    this.#emit(this.#dispatch({ type: 'set presence', topic, presence }));
    if (wasShown || !isShown(this.#subscriptions, topic)) return;
    this.#seen.start(topic);
    this.#reportAfterPaint(topic, null);
  }

  replica(topic: string): Replica {
    return this.#replicas.get(topic) ?? emptyReplica(topic);
  }

  /** The items of a list that this page or this browser has, null if it has no copy. */
  async readItems(listId: string): Promise<Replica['items'] | null> {
    const known = this.replica(listTopic(listId));
    if (positionOf(known) || known.list) return known.items;
    return (await this.#storage?.replicas.read(listId))?.items ?? null;
  }

  /** What this browser stores of the names that the user used before. Null: nothing. */
  get names(): NameStorage | null {
    return this.#storage?.names ?? null;
  }

  get outbox(): Outbox {
    return this.#sender.outbox;
  }

  /** Why the server cannot save edits now, in its own words, null if it did not say. */
  get delayReason(): string | null {
    return this.#sender.delayReason;
  }

  /** Add an edit to the outbox. Returns its op. */
  submit(edit: Edit, label: string): string {
    return this.#sender.enqueue(edit, label);
  }

  /** The version of the change that an edit made, or null if it is not known yet. */
  changeVersionOf(op: string): number | null {
    return this.#sender.changeVersionOf(op);
  }

  /** Whether an edit of this browser made a change. Other devices of the same user did not. */
  isOwn({ op }: Change): boolean {
    return op !== null && this.changeVersionOf(op) !== null;
  }

  retry(op: string): void {
    this.#sender.retry(op);
  }

  discard(op: string): void {
    this.#sender.discard(op);
  }

  #onFrames(frames: readonly ServerFrame[]): void {
    const receivedAt = this.clock.now();
    // Update the replica first: its position decides what the subscription requests.
    const events = frames.flatMap((frame) => [
      ...this.#handleFrame(frame),
      ...this.#dispatch({ type: 'frame', frame }),
    ]);
    this.#emit(events);
    this.#reportShown(frames, events, receivedAt);
  }

  /** Report the lists that these frames changed, or that a subscription found unchanged. */
  #reportShown(
    frames: readonly ServerFrame[],
    events: readonly EngineEvent[],
    receivedAt: number,
  ): void {
    for (const frame of frames) {
      if (frame.type === 'subscribed' && frame.digest === this.replica(frame.topic).digest)
        this.#reportAfterPaint(frame.topic, null);
    }
    for (const event of events) {
      if (event.kind === 'replica')
        this.#reportAfterPaint(event.topic, event.change ? receivedAt : null);
    }
  }

  #onDown(decision: ReconnectDecision, code?: number): void {
    // With the next user's cookie, this user's edits must not be sent.
    if (decision === 'sign in') this.#sender.pause();
    this.#seen.stopAll();
    this.#dispatch({ type: 'disconnected' });
    this.#emit([{ kind: 'down', decision, code }]);
  }

  #handleFrame(frame: ServerFrame): EngineEvent[] {
    switch (frame.type) {
      case 'welcome':
        return this.#onWelcome(frame);
      case 'snapshot':
      case 'change':
      case 'ended':
        return this.isWatched(frame.topic) ? this.#applyFrame(frame) : [];
      case 'subscribed':
        if (isShown(this.#subscriptions, frame.topic) || this.#seen.isReported(frame.topic))
          this.#seen.start(frame.topic);
        this.#resendAfter(frame.topic, frame.version ?? null);
        return frame.history
          ? [{ kind: 'history', topic: frame.topic, columns: frame.history }]
          : [];
      case 'sample':
        return [{ kind: 'sample', sample: frame }];
      case 'presence':
        return [{ kind: 'presence', topic: frame.topic, people: frame.people }];
      case 'joined':
        return [{ kind: 'joined', list: frame.list }];
      case 'left':
        // Data that the user may no longer see must not stay in memory.
        if (!this.isWatched(listTopic(frame.list))) this.#replicas.delete(listTopic(frame.list));
        this.#storage?.replicas.removeList(frame.list);
        return [{ kind: 'left', list: frame.list, by: frame.by ?? null, at: frame.at ?? null }];
      case 'lists':
        return this.#collectOverview(frame);
      case 'list':
        this.#storage?.replicas.writeOverviewRow(frame.list);
        return [{ kind: 'list', row: frame.list }];
      case 'activities':
        return [{ kind: 'activities', entries: frame.entries }];
      case 'activity':
        return [{ kind: 'activity', entry: frame.entry }];
      default:
        return [{ kind: 'frame', frame }];
    }
  }

  #collectOverview({ part, parts, lists }: Overview): EngineEvent[] {
    this.#overviewRows = [...(part === 1 ? [] : this.#overviewRows), ...lists];
    if (part < parts) return [];
    this.#storage?.replicas.writeOverview(this.#overviewRows);
    return [{ kind: 'lists', rows: this.#overviewRows }];
  }

  /** Another user may have signed in at this browser: nothing of this one may be sent then. */
  #onWelcome(frame: Welcome): EngineEvent[] {
    if (this.#userId !== null && frame.user.id !== this.#userId) {
      this.#sender.pause();
      this.#socket.stop();
      return [{ kind: 'welcome', frame }];
    }
    this.#sender.start();
    // A server before an update does not say it.
    this.clockOffset = Date.parse(frame.at) - this.clock.now() || 0;
    this.knownLists = frame.lists;
    this.presenceLease = frame.limits.presence ?? this.presenceLease;
    return [{ kind: 'welcome', frame }];
  }

  #applyFrame(frame: ServerFrame & { topic: string }): EngineEvent[] {
    const { topic } = frame;
    const before = this.replica(topic);
    const { replica: after, effect } = applyFrame(before, frame);
    this.#replicas.set(topic, after);
    if (effect === 'gap') return this.#dispatch({ type: 'gap', topic });
    if (effect === 'waiting') return [];
    const change = frame.type === 'change' ? frame : null;
    // A dropped change confirms edits too: a snapshot may have contained it.
    this.#confirm(topic, after, change);
    if (frame.type === 'snapshot') this.#resendAfter(topic, frame.version);
    if (effect === 'dropped') return [];
    this.#store(topic, after, change);
    const applied: EngineEvent = { kind: 'replica', topic, before, after, change };
    return effect === 'mismatch' ? [applied, ...this.#onMismatch(after)] : [applied];
  }

  #confirm(topic: string, replica: Replica, change: Change | null): void {
    const list = listIdOf(topic);
    if (list !== null) this.#sender.confirm(list, replica, change);
  }

  /** Keep a replica for the next page. One that ended is removed. */
  #store(topic: string, replica: Replica, change: Change | null): void {
    const list = listIdOf(topic);
    if (list === null) return;
    if (replica.ended) this.#storage?.replicas.removeList(list);
    else this.#storage?.replicas.write(list, replica, change);
  }

  #resendAfter(topic: string, version: number | null): void {
    const list = listIdOf(topic);
    if (list !== null && version !== null) this.#sender.resendAfter(list, version);
  }

  /** The rows of a replica differ from those of the server: report it, and repair the replica. */
  #onMismatch(replica: Replica): EngineEvent[] {
    const { topic, version, digest, computedDigest } = replica;
    console.warn(`${topic} differs at ${version}: ${computedDigest} is not ${digest}`);
    this.#seen.start(topic);
    this.#seen.report({ type: 'seen', topic, version, digest: computedDigest });
    return positionOf(replica) ? [] : this.#dispatch({ type: 'position lost', topic });
  }

  /** Report what is shown of a list. `receivedAt`: when its newest change arrived, if it is new. */
  #reportAfterPaint(topic: string, receivedAt: number | null): void {
    const { epoch, version, computedDigest: digest, partial } = this.replica(topic);
    if (!this.#seen.isReported(topic) || epoch === null || partial) return;
    this.afterPaint((isPainted) => {
      const frame: Seen = { type: 'seen', topic, version, digest };
      if (isPainted && receivedAt !== null) frame.paint_ms = this.clock.now() - receivedAt;
      this.#seen.report(frame);
    });
  }

  /** Let the subscription state decide, and carry out its decisions. */
  #dispatch(input: Input): EngineEvent[] {
    const { state, outputs } = reduce(this.#subscriptions, input, (topic) =>
      positionOf(this.replica(topic)),
    );
    this.#subscriptions = state;
    const events: EngineEvent[] = [];
    for (const output of outputs) {
      if (output.type === 'send') this.#socket.send(output.frame);
      else if (output.type === 'close topic')
        events.push(this.#closeTopic(output.topic, output.reason));
      else this.#scheduleSubscribe(output.topic, output.seconds);
    }
    return events;
  }

  #closeTopic(topic: string, reason: EndReason): EngineEvent {
    this.#replicas.delete(topic);
    this.#seen.stop(topic);
    const list = listIdOf(topic);
    if (list !== null && reason === 'refused' && this.#sender.recreate(list)) {
      void this.#whenCreated(list).then(() => {
        if (this.#openTopics.has(topic)) this.#watch(topic);
      });
      return { kind: 'outbox' };
    }
    this.#confirm(topic, this.replica(topic), null);
    if (list !== null && reason !== 'too many') this.#storage?.replicas.removeList(list);
    return { kind: 'closed', topic, reason };
  }

  #scheduleSubscribe(topic: string, seconds: number): void {
    this.clock.schedule(seconds * 1000, () => {
      this.#emit(this.#dispatch({ type: 'subscribe', topic }));
    });
  }

  #emit(events: readonly EngineEvent[]): void {
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(events);
  }
}
