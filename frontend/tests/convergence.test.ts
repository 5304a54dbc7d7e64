import { describe, expect, it } from 'vitest';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { Engine } from '../src/sync/engine';
import { entriesOfList, waitingEntries } from '../src/sync/outbox';
import { optimisticRows } from '../src/sync/optimistic-view';
import { ManualClock, promises } from './fake/clock';
import { ana } from './fake/rows';
import { FakeServer } from './fake/server';

/** Numbers that look random and can be repeated (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const NAMES = ['Milk', 'Eggs', 'Bread', 'Tea', 'Rice', 'Salt', 'Oats', 'Figs'];

class World {
  readonly clock = new ManualClock();
  readonly server = new FakeServer();
  readonly random: () => number;
  readonly engines: Engine[] = [];
  #ids = 0;

  constructor(seed: number, people: number) {
    this.random = seeded(seed);
    this.clock.chance = 0.5;
    for (let person = 0; person < people; person += 1) {
      const engine = new Engine(
        this.server.dial,
        this.server.http,
        this.clock,
        new MemoryOutboxStorage(),
      );
      engine.watch(this.server.topic);
      engine.start();
      this.engines.push(engine);
    }
  }

  pick<T>(things: readonly T[]): T | undefined {
    return things[Math.floor(this.random() * things.length)];
  }

  view(engine: Engine): Map<string, { name: string; purchased: boolean }> {
    const rows = optimisticRows(
      engine.replica(this.server.topic).items,
      entriesOfList(engine.outbox, this.server.list),
      ana,
    );
    return new Map(rows.map(({ item }) => [item.id, item]));
  }

  add(engine: Engine, name: string): string {
    this.#ids += 1;
    const id = `item${this.#ids}`;
    engine.submit({ type: 'add', list: 'one', item: id, fields: { name } }, name);
    return id;
  }

  editAnything(): void {
    const engine = this.pick(this.engines);
    if (!engine) return;
    const name = this.pick(NAMES) ?? 'Milk';
    const [id] = this.pick([...this.view(engine)]) ?? [];
    const roll = this.random();
    if (!id || roll < 0.35) this.add(engine, name);
    else if (roll < 0.7) this.change(engine, id, { purchased: this.random() < 0.7 });
    else if (roll < 0.85) this.change(engine, id, { note: name });
    else engine.submit({ type: 'remove', list: 'one', item: id }, name);
  }

  change(engine: Engine, item: string, fields: { purchased?: boolean; note?: string }): void {
    engine.submit({ type: 'change', list: 'one', item, fields }, item);
  }

  weather(): void {
    const roll = this.random();
    const connection = this.pick(this.server.connections);
    if (roll < 0.55 && connection) this.server.pump(connection);
    else if (roll < 0.8) this.server.serve();
    else if (roll < 0.84) this.server.serve('request lost');
    else if (roll < 0.88) this.server.serve('answer lost');
    else if (roll < 0.91 && connection) this.server.cut(connection);
    else if (roll < 0.92) this.server.rewrite();
    else if (roll < 0.95 && connection) this.server.lose(connection);
    else this.clock.advance(700);
  }

  /** The weather clears: let everything through until nothing moves. */
  async calm(): Promise<void> {
    // One more change shows everybody what was lost before it.
    if (this.engines[0]) this.add(this.engines[0], `Last ${this.random()}`);
    for (let round = 0; round < 60; round += 1) {
      this.clock.advance(2000);
      while (this.server.serve()) await promises();
      for (const connection of [...this.server.connections]) {
        while (this.server.pump(connection)) await promises();
      }
    }
  }
}

describe('convergence', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    'three people end equal after random edits, drops and reconnects (seed %i)',
    async (seed) => {
      const world = new World(seed, 3);
      for (let turn = 0; turn < 250; turn += 1) {
        if (world.random() < 0.3) world.editAnything();
        world.weather();
        await promises();
      }
      await world.calm();
      const { server, engines } = world;
      for (const engine of engines) {
        const replica = engine.replica(server.topic);
        expect(waitingEntries(engine.outbox)).toEqual([]);
        expect([replica.epoch, replica.version]).toEqual([server.epoch, server.version]);
        expect(new Map(replica.items)).toEqual(server.items);
        expect(world.view(engine).size).toBe(server.items.size);
      }
    },
  );

  it.each(Array.from({ length: 15 }, (_, seed) => seed + 100))(
    'a tick never comes back, whatever the network does (seed %i)',
    async (seed) => {
      const world = new World(seed, 2);
      const [shopper, other] = world.engines as [Engine, Engine];
      const ids = NAMES.map((name) => world.add(shopper, name));
      await world.calm();
      const ticked = new Set<string>();
      for (let turn = 0; turn < 250; turn += 1) {
        const id = ids[turn / 10];
        if (id) {
          world.change(shopper, id, { purchased: true });
          ticked.add(id);
        }
        if (turn % 7 === 0) world.change(other, world.pick(ids) ?? '', { note: `turn ${turn}` });
        world.weather();
        await promises();
        const view = world.view(shopper);
        for (const one of ticked) expect(view.get(one)?.purchased).toBe(true);
      }
      await world.calm();
      for (const id of ids) expect(world.server.items.get(id)?.purchased).toBe(true);
      expect(shopper.outbox).toEqual([]);
    },
  );
});
