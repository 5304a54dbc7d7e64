import type { HttpRequest } from '../../src/net/http';
import type { ItemRow } from '../../src/protocol/frames';
import { Announcer } from '../../src/stores/announcer.svelte';
import { clashesOf } from '../../src/stores/clashes.svelte';
import { Connection } from '../../src/stores/connection.svelte';
import { OpenList } from '../../src/stores/open-list.svelte';
import { Toast } from '../../src/stores/toast.svelte';
import { Engine } from '../../src/sync/engine';
import type { ViewRow } from '../../src/sync/optimistic-view';
import { ManualClock, settlePromises } from '../fake/clock';
import { paintAtOnce } from '../fake/paint';
import { ana, item } from '../fake/rows';
import { FakeServer } from '../fake/server';

/** A list on a fake server, which the user has open. */
export class OpenedList {
  readonly server = new FakeServer();
  readonly clock = new ManualClock();
  readonly toast = new Toast();
  readonly engine: Engine;
  readonly connection: Connection;
  readonly list: OpenList;
  #changes = 0;

  private constructor(items: readonly ItemRow[]) {
    for (const row of items) this.server.items.set(row.id, row);
    const { openSocket, http } = this.server;
    this.engine = new Engine(openSocket, http, this.clock, paintAtOnce);
    this.connection = new Connection(this.engine);
    // As the page does before it connects.
    clashesOf(this.engine);
    const user = { profile: { ...ana } } as unknown as { profile: null };
    const { engine, connection, toast } = this;
    const announcer = new Announcer();
    const app = { dependencies: { engine }, connection, user, announcer, toast };
    this.list = new OpenList(this.server.list, app, this.clock);
  }

  /** Open a list with these items. The id of each is its name in lower case. */
  static async with(...fields: (Partial<ItemRow> & { name: string })[]): Promise<OpenedList> {
    const items = fields.map((each, index) =>
      item(each.name.toLowerCase(), { position: String(index).padStart(3, '0'), ...each }),
    );
    const opened = new OpenedList(items);
    opened.engine.start();
    opened.list.start();
    await opened.deliver();
    return opened;
  }

  /** Deliver everything that is on the wire. */
  async deliver(): Promise<void> {
    for (;;) {
      await settlePromises();
      const isMoved = this.server.connections.map((each) => this.server.exchangeMessages(each));
      if (!this.server.respond() && !isMoved.includes(true)) return;
    }
  }

  /** Let another device make an edit, and deliver it. */
  async editElsewhere(
    request: Omit<HttpRequest, 'op' | 'path'> & { item?: string },
  ): Promise<void> {
    this.#changes += 1;
    const { item: id, ...rest } = request;
    const path = `shopping-lists/one/shopping-items/${id === undefined ? '' : `${id}/`}`;
    void this.server.http({ ...rest, path, op: `elsewhere-${this.#changes}` });
    await this.deliver();
  }

  row(id: string): ViewRow {
    const rows = [...this.list.openRows, ...this.list.boughtRows];
    const row = rows.find((each) => each.item.id === id);
    if (!row) throw new Error(`There is no item ${id}.`);
    return row;
  }
}
