import { messageOf } from '../net/problem';
import type { Delivery as DeliveryFrame, DeliveryHop, ScreenTable } from '../protocol/frames';
import type { Engine } from '../sync/engine';

const TOPICS = ['ops:delivery', 'ops:screens'];
/** How long a first click on "Disconnect" waits for the second one, in milliseconds. */
export const CONFIRM_TIME = 5000;
/** A part of the path whose median is longer than this is slow, in milliseconds. */
export const SLOW_HOP = 250;

/** The path of changes to the screens, while this section is open. */
export class Delivery {
  latest = $state.raw<DeliveryFrame | null>(null);
  screens = $state.raw<ScreenTable | null>(null);
  /** The socket whose "Disconnect" was clicked once, and until when it can be confirmed. */
  asked = $state.raw<{ connection: string; until: number } | null>(null);
  /** Sockets that were asked to end, until they are gone from the table. */
  ending = $state.raw<ReadonlySet<string>>(new Set());
  error = $state<string | null>(null);

  constructor(
    private readonly engine: Engine,
    private readonly now: () => number = Date.now,
  ) {}

  /** Follow the figures until the returned function is called. */
  start(): () => void {
    const unsubscribe = this.engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind !== 'frame') continue;
        if (event.frame.type === 'delivery') this.latest = event.frame;
        if (event.frame.type === 'screens') this.#setScreens(event.frame);
      }
    });
    for (const topic of TOPICS) this.engine.watch(topic);
    return () => {
      unsubscribe();
      for (const topic of TOPICS) this.engine.unwatch(topic);
    };
  }

  isAsked(connection: string): boolean {
    return this.asked?.connection === connection && this.asked.until > this.now();
  }

  /** The first call for a socket asks for a second one, and the second ends the socket. */
  async disconnect(connection: string): Promise<void> {
    this.error = null;
    if (!this.isAsked(connection)) {
      this.asked = { connection, until: this.now() + CONFIRM_TIME };
      return;
    }
    this.asked = null;
    this.ending = new Set([...this.ending, connection]);
    try {
      await this.engine.http({ method: 'DELETE', path: `live/sockets/${connection}/` });
    } catch (error) {
      this.ending = new Set([...this.ending].filter((id) => id !== connection));
      this.error = messageOf(error);
    }
  }

  #setScreens(table: ScreenTable): void {
    this.screens = table;
    const open = new Set(table.rows.map(({ connection }) => connection));
    const ending = [...this.ending].filter((connection) => open.has(connection));
    if (ending.length !== this.ending.size) this.ending = new Set(ending);
    if (this.asked && this.asked.until <= this.now()) this.asked = null;
  }
}

/** The part of the path that takes longest, if any part was used. */
export function slowestHop(hops: readonly DeliveryHop[]): DeliveryHop | null {
  return hops.reduce<DeliveryHop | null>(
    (slowest, hop) => ((hop.p50_ms ?? 0) > (slowest?.p50_ms ?? 0) ? hop : slowest),
    null,
  );
}
