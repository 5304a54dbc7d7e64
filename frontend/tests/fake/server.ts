import type { HttpRequest, Http } from '../../src/net/http';
import { parseProblem, unreachableProblem } from '../../src/net/problem';
import type { OpenSocket, SocketConnectionEvents } from '../../src/net/socket-connection';
import type { Change, ClientFrame, ItemRow, ServerFrame } from '../../src/protocol/frames';
import { isSameName } from '../../src/sync/edit';
import { AT, ana, item, listRow } from './rows';

/** How many changes a resume may replay here. */
const LOG = 12;

interface Connection {
  events: SocketConnectionEvents;
  topics: Set<string>;
  outbound: ServerFrame[][];
  inbound: ClientFrame[];
  welcomed: boolean;
}

interface Pending {
  ask: HttpRequest;
  done: (answer: unknown) => void;
  broke: (error: Error) => void;
}

/**
 * A server with one list, whose network is flushed by hand.
 *
 * It follows the protocol's rules, and can lose requests, answers, connections,
 * its log and its epoch.
 */
export class FakeServer {
  readonly list = 'one';
  readonly topic = 'list:one';
  epoch = 'aaaaaaaa';
  version = 0;
  items = new Map<string, ItemRow>();
  log: Change[] = [];
  connections: Connection[] = [];
  requests: Pending[] = [];
  #answers = new Map<string, unknown>();
  #epochs = 0;

  readonly http: Http = <T>(ask: HttpRequest) =>
    new Promise<T>((done, broke) => {
      this.requests.push({ ask, done: done as (answer: unknown) => void, broke });
    });

  readonly dial: OpenSocket = (events) => {
    const connection: Connection = {
      events,
      topics: new Set(),
      outbound: [],
      inbound: [],
      welcomed: false,
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

  /** Deliver what one connection has to say, both ways, up to one message each. */
  pump(connection: Connection): boolean {
    if (!connection.welcomed) {
      connection.welcomed = true;
      connection.outbound.push([this.welcome()]);
    }
    const frame = connection.inbound.shift();
    if (frame) this.#heard(connection, frame);
    const message = connection.outbound.shift();
    if (message) connection.events.onFrames(structuredClone(message));
    return frame !== undefined || message !== undefined;
  }

  /** Break a connection; everything in flight on it is lost. */
  cut(connection: Connection): void {
    this.connections = this.connections.filter((other) => other !== connection);
    connection.events.onClose(1006);
  }

  /** Lose one change on a connection that stays, as a full channel layer does. */
  lose(connection: Connection): void {
    if (connection.outbound[0]?.[0]?.type === 'change') connection.outbound.shift();
  }

  /** Let the oldest request through; or lose it, or only its answer. */
  serve(fate: 'answered' | 'request lost' | 'answer lost' = 'answered'): boolean {
    const pending = this.requests.shift();
    if (!pending) return false;
    if (fate === 'request lost') {
      pending.broke(unreachableProblem());
      return true;
    }
    try {
      const answer = this.#once(pending.ask);
      if (fate === 'answered') pending.done(structuredClone(answer));
      else pending.broke(unreachableProblem());
    } catch (error) {
      pending.broke(error as Error);
    }
    return true;
  }

  /** History is rewritten, as after a restored backup. */
  rewrite(): void {
    this.#epochs += 1;
    this.epoch = `epoch${String(this.#epochs).padStart(3, '0')}`;
    this.log = [];
    for (const connection of this.connections) {
      if (connection.topics.has(this.topic)) connection.outbound.push(this.#snapshot());
    }
  }

  welcome(): ServerFrame {
    return {
      type: 'welcome',
      protocol: 1,
      server: 'fake',
      connection: 'c_1',
      user: ana,
      lists: [{ id: this.list, epoch: this.epoch, version: this.version }],
      heartbeat: 20,
      limits: {},
    };
  }

  #heard(connection: Connection, frame: ClientFrame): void {
    if (frame.type === 'ping') connection.outbound.push([{ type: 'pong' }]);
    if (frame.type !== 'subscribe') return;
    connection.topics.add(frame.topic);
    const { topic, epoch, version } = this;
    const oldest = this.version - this.log.length;
    const recovered =
      frame.epoch === epoch &&
      typeof frame.since === 'number' &&
      frame.since >= oldest &&
      frame.since <= version;
    connection.outbound.push([
      { type: 'subscribed', id: frame.id, topic, epoch, version, recovered },
      ...(recovered ? this.log.filter((one) => one.version > Number(frame.since)) : []),
    ]);
    if (!recovered) connection.outbound.push(this.#snapshot());
  }

  #snapshot(): ServerFrame[] {
    const { topic, epoch, version } = this;
    const rows = [...this.items.values()];
    const half = Math.ceil(rows.length / 2);
    return [rows.slice(0, half), rows.slice(half)].map((items, index) => ({
      type: 'snapshot' as const,
      topic,
      epoch,
      version,
      part: index + 1,
      parts: 2,
      list: listRow(this.list),
      items,
    }));
  }

  /** The same key has one effect and one answer. */
  #once(ask: HttpRequest): unknown {
    const op = ask.op ?? '';
    if (this.#answers.has(op)) return this.#answers.get(op);
    const answer = this.#handle(ask);
    this.#answers.set(op, answer);
    return answer;
  }

  #handle({ method, path, body, op }: HttpRequest): unknown {
    const id = /shopping-items\/([^/]+)\/$/.exec(path)?.[1];
    const fields = (body ?? {}) as Partial<ItemRow>;
    if (method === 'POST') return this.#add(fields, op ?? null);
    if (!id) throw parseProblem(404, {}, null);
    if (method === 'PUT') return this.#write(id, fields, 'item.added', op ?? null);
    const known = this.items.get(id);
    if (!known) throw parseProblem(404, { detail: 'not found' }, null);
    if (method === 'DELETE') {
      this.items.delete(id);
      this.#record('item.removed', [], [id], op ?? null);
      return null;
    }
    return this.#write(id, fields, 'item.edited', op ?? null);
  }

  #add(fields: Partial<ItemRow>, op: string | null): ItemRow {
    const same = [...this.items.values()].find(({ name }) => isSameName(name, fields.name ?? ''));
    if (same && !same.purchased) return same;
    if (same) return this.#write(same.id, { purchased: false }, 'item.unticked', op);
    return this.#write(String(fields.id), fields, 'item.added', op);
  }

  #write(id: string, fields: Partial<ItemRow>, verb: Change['verb'], op: string | null): ItemRow {
    const known = this.items.get(id) ?? item(id, { version: 0 });
    const row = { ...known, ...fields, version: this.version + 1 };
    if (known.version > 0 && same(known, { ...row, version: known.version })) return known;
    this.items.set(id, row);
    this.#record(verb, [row], [], op);
    return row;
  }

  #record(verb: Change['verb'], items: ItemRow[], gone: string[], op: string | null): void {
    this.version += 1;
    const { topic, epoch, version } = this;
    const told: Change = {
      type: 'change',
      topic,
      epoch,
      version,
      at: AT,
      actor: ana,
      op,
      verb,
      items,
      gone,
    };
    this.log = [...this.log, told].slice(-LOG);
    for (const { topics, outbound } of this.connections) {
      if (topics.has(topic)) outbound.push([told]);
    }
  }
}

function same(one: ItemRow, other: ItemRow): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
