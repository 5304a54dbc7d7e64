import type { HttpRequest, Http } from '../../src/net/http';
import { parseProblem, unreachableProblem } from '../../src/net/problem';
import type { OpenSocket, SocketConnectionEvents } from '../../src/net/socket-connection';
import type {
  Change,
  ClientFrame,
  ItemRow,
  ListRow,
  Seen,
  ServerFrame,
} from '../../src/protocol/frames';
import { digestOf, EMPTY_DIGEST } from '../../src/sync/digest';
import {
  isSameName,
  type CommonFields,
  type Edit,
  type ListSettings,
  type Renaming,
  type SettingsPatch,
} from '../../src/sync/edit';
import { mergeDetails, putBackDetails } from '../../src/sync/item-merge';
import { optimisticSettings } from '../../src/sync/list-settings';
import type { OutboxEntry } from '../../src/sync/outbox';
import { AT, ana, item, listRow } from './rows';

/** The number of changes that the server can replay. */
const MAX_LOGGED_CHANGES = 12;

interface Connection {
  events: SocketConnectionEvents;
  topics: Set<string>;
  outbound: ServerFrame[][];
  inbound: ClientFrame[];
  isWelcomed: boolean;
  /** The last state of the list that this client reported. */
  seen: Seen | null;
}

/** What a backup of the server's data contains. */
interface Copy {
  isCreated: boolean;
  version: number;
  settings: ListSettings;
  items: Map<string, ItemRow>;
  log: Change[];
  responses: Map<string, unknown>;
  history: (string | null)[];
}

interface EditBody {
  items: string[];
  fields: CommonFields;
}

interface MoveBody {
  items: string[];
  after: string | null;
}

type Row = Partial<ItemRow> & { name: string };

interface PendingRequest {
  request: HttpRequest;
  resolve: (response: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * A server with one list. Tests decide when messages and responses are delivered.
 *
 * It follows the rules of the protocol. It can lose requests, responses, connections and
 * changes, start a new epoch, and go back to an older copy of its data without noticing.
 */
export class FakeServer {
  readonly list = 'one';
  readonly topic = 'list:one';
  epoch = 'aaaaaaaa';
  version = 0;
  /** Who makes the edits. */
  actor = ana;
  /** Whether a request to create a list is refused. */
  refusesLists = false;
  settings: ListSettings = {};
  items = new Map<string, ItemRow>();
  log: Change[] = [];
  /** The ops of all changes of this history. */
  history: (string | null)[] = [];
  connections: Connection[] = [];
  requests: PendingRequest[] = [];
  #responses = new Map<string, unknown>();
  #epochCount = 0;

  constructor(
    /** Whether the list exists. If not, a browser has to create it. */
    public isCreated = true,
  ) {}

  readonly http: Http = <T>(request: HttpRequest) =>
    new Promise<T>((resolve, reject) => {
      this.requests.push({ request, resolve: resolve as (response: unknown) => void, reject });
    });

  readonly openSocket: OpenSocket = (events) => {
    const connection: Connection = {
      events,
      topics: new Set(),
      outbound: [],
      inbound: [],
      isWelcomed: false,
      seen: null,
    };
    this.connections.push(connection);
    return {
      send: (frame) => {
        connection.inbound.push(structuredClone(frame));
      },
      close: () => {
        this.connections = this.connections.filter((other) => other !== connection);
      },
    };
  };

  /** Deliver at most one message in each direction of a connection. */
  exchangeMessages(connection: Connection): boolean {
    if (!connection.isWelcomed) {
      connection.isWelcomed = true;
      connection.outbound.push([this.welcome()]);
    }
    const frame = connection.inbound.shift();
    if (frame) this.#onFrame(connection, frame);
    const message = connection.outbound.shift();
    if (message) connection.events.onFrames(structuredClone(message));
    return frame !== undefined || message !== undefined;
  }

  /** Break a connection. Its undelivered messages are lost. */
  disconnect(connection: Connection): void {
    this.connections = this.connections.filter((other) => other !== connection);
    connection.events.onClose(1006);
  }

  /** Lose one change, but keep the connection, as a full channel layer does. */
  dropChange(connection: Connection): void {
    if (connection.outbound[0]?.[0]?.type === 'change') connection.outbound.shift();
  }

  /** Deliver the next message of a connection a second time, as two paths to a screen may do. */
  duplicateMessage(connection: Connection): void {
    const [message] = connection.outbound;
    if (message) connection.outbound.unshift(structuredClone(message));
  }

  /** Whether the server has carried out the edit with this op. */
  hasCarriedOut(op: string): boolean {
    return this.#responses.has(op);
  }

  /** Carry out the oldest request, or lose the request or its response. */
  respond(
    outcome: 'responded' | 'request lost' | 'response lost' | 'repeated' = 'responded',
  ): boolean {
    const pending = this.requests.shift();
    if (!pending) return false;
    if (outcome === 'repeated' && pending.request.op !== undefined) {
      try {
        this.#respondOnce(pending.request);
      } catch {
        // The second try is refused too.
      }
    }
    if (outcome === 'request lost') {
      pending.reject(unreachableProblem());
      return true;
    }
    try {
      const response = this.#respondOnce(pending.request);
      if (outcome === 'response lost') pending.reject(unreachableProblem());
      else pending.resolve(structuredClone(response));
    } catch (error) {
      pending.reject(error as Error);
    }
    return true;
  }

  /** Start a new epoch, as after the restore of a backup. */
  startNewEpoch(): void {
    this.#epochCount += 1;
    this.epoch = `epoch${String(this.#epochCount).padStart(3, '0')}`;
    this.log = [];
    for (const connection of this.connections) {
      if (connection.topics.has(this.topic)) connection.outbound.push(this.#snapshot());
    }
  }

  get digest(): string {
    return digestOf(this.#listRow(), this.items.values());
  }

  #listRow(): ListRow {
    return listRow(this.list, this.settings);
  }

  copy(): Copy {
    const { version, log, settings, isCreated } = this;
    return {
      isCreated,
      version,
      log,
      settings,
      items: new Map(this.items),
      responses: new Map(this.#responses),
      history: [...this.history],
    };
  }

  /** Go back to an older copy, as after a power cut. Nobody is told. */
  goBackTo({ isCreated, version, settings, items, log, responses, history }: Copy): void {
    this.isCreated = isCreated;
    this.settings = settings;
    this.history = [...history];
    this.version = version;
    this.items = new Map(items);
    this.log = log;
    this.#responses = new Map(responses);
  }

  welcome(): ServerFrame {
    return {
      type: 'welcome',
      protocol: 1,
      at: '2026-11-22T10:00:00Z',
      server: 'fake',
      connection: 'c_1',
      user: ana,
      lists: this.isCreated
        ? [{ id: this.list, epoch: this.epoch, version: this.version, digest: this.digest }]
        : [],
      heartbeat: 20,
      limits: {},
    };
  }

  #onFrame(connection: Connection, frame: ClientFrame): void {
    if (frame.type === 'ping') connection.outbound.push([{ type: 'pong' }]);
    if (frame.type === 'seen') connection.seen = frame;
    if (frame.type !== 'subscribe') return;
    if (!this.isCreated) {
      connection.outbound.push([{ type: 'error', id: frame.id, code: 'not_found', message: '' }]);
      return;
    }
    connection.topics.add(frame.topic);
    const { topic, epoch, version, digest } = this;
    const recovered =
      frame.epoch === epoch &&
      typeof frame.since === 'number' &&
      frame.digest === this.#digestAt(frame.since);
    connection.outbound.push([
      { type: 'subscribed', id: frame.id, topic, epoch, version, digest, recovered },
      ...(recovered ? this.log.filter((change) => change.version > Number(frame.since)) : []),
    ]);
    if (!recovered) connection.outbound.push(this.#snapshot());
  }

  /** The digest of a version that is in the log. */
  #digestAt(version: number): string | undefined {
    if (version === this.version) return this.digest;
    return this.log.find((change) => change.version === version + 1)?.base;
  }

  #snapshot(): ServerFrame[] {
    const { topic, epoch, version, digest } = this;
    const rows = [...this.items.values()];
    const half = Math.ceil(rows.length / 2);
    return [rows.slice(0, half), rows.slice(half)].map((items, index) => ({
      type: 'snapshot' as const,
      topic,
      epoch,
      version,
      digest,
      part: index + 1,
      parts: 2,
      list: this.#listRow(),
      items,
    }));
  }

  /** Requests with the same key have one effect and one response. */
  #respondOnce(request: HttpRequest): unknown {
    if (request.method === 'GET') return this.#handle(request);
    const op = request.op ?? '';
    if (this.#responses.has(op)) return this.#responses.get(op);
    const response = this.#handle(request);
    this.#responses.set(op, response);
    return response;
  }

  #handle({ method, path, body, op }: HttpRequest): unknown {
    const id = /shopping-items\/([^/]+)\/$/.exec(path)?.[1];
    const fields = (body ?? {}) as Partial<ItemRow>;
    if (path === 'shopping-lists/') return this.#create(op ?? null);
    if (!this.isCreated) throw parseProblem(404, { detail: 'not found' }, null);
    if (path.endsWith('/snapshot/')) return this.#snapshotResponse();
    if (path.endsWith('/edit/')) return this.#editMany(body as EditBody, op ?? null);
    if (path.endsWith('/move/')) return this.#moveMany(body as MoveBody, op ?? null);
    if (path.endsWith('/rename/')) {
      const { from, to } = body as { from: string; to: string };
      const type = path.endsWith('/shops/rename/') ? 'rename shop' : 'rename aisle';
      return this.#changeList({ type, list: this.list, from, to }, op ?? null);
    }
    if (method === 'PATCH' && path === `shopping-lists/${this.list}/`) {
      const patch = body as SettingsPatch;
      return this.#changeList({ type: 'settings', list: this.list, patch }, op ?? null);
    }
    if (path.endsWith('/bulk/')) return this.#addMany(body as { items: Row[] }, op ?? null);
    if (method === 'POST') return this.#add(fields, op ?? null);
    if (!id) throw parseProblem(404, {}, null);
    if (method === 'PUT') return this.#write(id, fields, 'item.added', op ?? null);
    const known = this.items.get(id);
    if (!known) throw parseProblem(404, { detail: 'not found' }, null);
    if (method === 'DELETE') {
      const base = this.digest;
      this.items.delete(id);
      this.#record(base, 'item.removed', [], [id], op ?? null);
      return { version: this.version };
    }
    return this.#write(id, fields, 'item.edited', op ?? null);
  }

  #create(op: string | null): unknown {
    if (this.isCreated || this.refusesLists) throw parseProblem(409, { detail: 'refused' }, null);
    this.isCreated = true;
    this.#record(EMPTY_DIGEST, 'list.created', [], [], op);
    return { ...listRow(this.list), version: this.version, items_open: 0, items_total: 0 };
  }

  #add(fields: Partial<ItemRow>, op: string | null): ItemRow {
    const same = [...this.items.values()].find(({ name }) => isSameName(name, fields.name ?? ''));
    if (same && !same.purchased) {
      const merge = mergeDetails(same, fields);
      if ('tooLong' in merge) throw parseProblem(409, { detail: 'too long' }, null);
      return this.#write(same.id, merge.changes, 'item.edited', op);
    }
    if (same) {
      const details = putBackDetails(same, fields);
      return this.#write(same.id, { purchased: false, ...details }, 'item.edited', op);
    }
    return this.#write(String(fields.id), fields, 'item.added', op);
  }

  /** Add several items as one change, as one request does. */
  #addMany({ items }: { items: Row[] }, op: string | null): unknown {
    const base = this.digest;
    const changed = new Map<string, ItemRow>();
    const results = items.map((fields) => {
      const same = [...this.items.values()].find(({ name }) => isSameName(name, fields.name));
      const merge = same && !same.purchased ? mergeDetails(same, fields) : null;
      if (same && merge && 'tooLong' in merge)
        return { outcome: 'conflict', changed: [], reason: 'too long', item: same };
      const changes = merge && 'changes' in merge ? merge.changes : {};
      const details = same?.purchased ? putBackDetails(same, fields) : changes;
      const known = same ?? item(String(fields.id), { version: 0 });
      const outcome = same ? (same.purchased ? 'put_back' : 'merged') : 'added';
      const row = { ...known, ...(same ? details : fields), purchased: false };
      if (!same || !isEqual(same, row)) {
        this.items.set(row.id, { ...row, version: this.version + 1 });
        changed.set(row.id, { ...row, version: this.version + 1 });
      }
      return { outcome, changed: Object.keys(details), item: row };
    });
    if (changed.size > 0) this.#record(base, 'items.added', [...changed.values()], [], op);
    return { version: this.version, results };
  }

  #editMany({ items, fields }: EditBody, op: string | null): unknown {
    this.#requireItems(items);
    const { not_found: isMissing, ...others } = fields;
    const mark = isMissing === undefined ? {} : { not_found_at: isMissing ? AT : null };
    return this.#recordRows(
      items.map((id) => {
        const row = { ...this.#row(id), ...others };
        return row.purchased ? row : { ...row, ...mark };
      }),
      'items.edited',
      op,
    );
  }

  #moveMany({ items, after }: MoveBody, op: string | null): unknown {
    this.#requireItems(after === null ? items : [...items, after]);
    const ordered = [...this.items.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
    const others = ordered.filter(({ id }) => !items.includes(id)).map(({ id }) => id);
    const index = after === null ? 0 : others.indexOf(after) + 1;
    const ids = [...others.slice(0, index), ...items, ...others.slice(index)];
    if (ids.every((id, place) => id === ordered[place]?.id))
      return { version: this.version, items: [] };
    const rows = ids.map((id, place) => ({
      ...this.#row(id),
      position: `V${String(place).padStart(4, '0')}`,
    }));
    return this.#recordRows(rows, 'items.moved', op);
  }

  /** Change the settings of the list, and the aisle or the shops of items. */
  #changeList(edit: Edit, op: string | null): unknown {
    const entry = { edit, state: 'waiting' } as OutboxEntry;
    const before = this.digest;
    const settings = optimisticSettings(this.settings, [entry]);
    const renamed = [...this.items.values()]
      .map((row) => ({ ...row, ...renamedFields(row, edit) }))
      .filter((row) => !isEqual(row, this.#row(row.id)))
      .map((row) => ({ ...row, version: this.version + 1 }));
    const isChanged =
      JSON.stringify(settings) !== JSON.stringify({ ...NO_SETTINGS, ...this.settings });
    if (isChanged || renamed.length > 0) {
      this.settings = settings;
      for (const row of renamed) this.items.set(row.id, row);
      this.#record(before, 'list.edited', renamed, [], op, isChanged);
    }
    return { ...this.#listRow(), version: this.version };
  }

  #row(id: string): ItemRow {
    return this.items.get(id) ?? item(id);
  }

  #requireItems(ids: readonly string[]): void {
    if (!ids.every((id) => this.items.has(id)))
      throw parseProblem(400, { detail: 'not on this list' }, null);
  }

  #recordRows(rows: readonly ItemRow[], verb: Change['verb'], op: string | null): unknown {
    const changed = rows
      .filter((row) => !isEqual(row, this.#row(row.id)))
      .map((row) => ({ ...row, version: this.version + 1 }));
    const base = this.digest;
    for (const row of changed) this.items.set(row.id, row);
    if (changed.length > 0) this.#record(base, verb, changed, [], op);
    return { version: this.version, items: changed.map(({ id }) => id) };
  }

  #snapshotResponse(): unknown {
    const { epoch, version, digest } = this;
    return { epoch, version, digest, list: this.#listRow(), items: [...this.items.values()] };
  }

  #write(id: string, fields: Partial<ItemRow>, verb: Change['verb'], op: string | null): ItemRow {
    const known = this.items.get(id) ?? item(id, { version: 0 });
    const row = { ...known, ...fields, version: this.version + 1 };
    if (known.version > 0 && isEqual(known, { ...row, version: known.version })) return known;
    const base = this.digest;
    this.items.set(id, row);
    this.#record(base, verb, [row], [], op);
    return row;
  }

  #record(
    base: string,
    verb: Change['verb'],
    items: ItemRow[],
    gone: string[],
    op: string | null,
    isOfList = false,
  ): void {
    this.version += 1;
    const { topic, epoch, version, digest } = this;
    const change: Change = {
      type: 'change',
      topic,
      epoch,
      version,
      base,
      digest,
      at: AT,
      actor: this.actor,
      op,
      verb,
      items,
      gone,
      ...(isOfList && { list: this.#listRow() }),
    };
    this.history.push(op);
    this.log = [...this.log, change].slice(-MAX_LOGGED_CHANGES);
    for (const { topics, outbound } of this.connections) {
      if (topics.has(topic)) outbound.push([change]);
    }
  }
}

const NO_SETTINGS = { aisles: [], shops: {}, staples: {} };

function isBefore(a: ItemRow, b: ItemRow): boolean {
  return a.position === b.position ? a.id < b.id : a.position < b.position;
}

/** The aisle or the shops of an item after an edit of the list. */
function renamedFields({ category, shops }: ItemRow, edit: Edit): Partial<ItemRow> {
  if (edit.type === 'rename shop') return shops ? { shops: renamedOnce(shops, edit) } : {};
  if (edit.type !== 'rename aisle' || !isSameName(category, edit.from)) return {};
  return { category: edit.to };
}

function renamedOnce(names: readonly string[], { from, to }: Renaming): string[] {
  const renamed = names.map((name) => (isSameName(name, from) ? to : name));
  return renamed.filter((name, index) => !renamed.slice(0, index).some((b) => isSameName(b, name)));
}

function isEqual(a: ItemRow, b: ItemRow): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
