import type { Api } from '../net/api';
import { listOf } from '../protocol/topic';
import type { Engine } from '../sync/engine';
import { happeningIn, happeningOf, type Happening } from './sentence';

export interface FeedEntry {
  key: string;
  at: string;
  list: string;
  happening: Happening;
  /** It came while the page was open. */
  fresh: boolean;
}

const SHOWN = 100;
/** Lists whose past is read when the page opens. */
const LISTS = 5;

/** What happens on my lists, newest first. */
export class Feed {
  entries = $state.raw<readonly FeedEntry[]>([]);
  /** Entries that came while the feed was held still. */
  later = $state.raw<readonly FeedEntry[]>([]);
  #held = $state(false);

  constructor(
    private readonly api: Api,
    engine: Engine,
  ) {
    engine.listen((news) => {
      const fresh = news.flatMap((one): FeedEntry[] => {
        const list = one.kind === 'replica' && one.change ? listOf(one.topic) : null;
        if (one.kind !== 'replica' || !one.change || list === null) return [];
        const { epoch, version, at } = one.change;
        const happening = happeningOf(one.change, one.before);
        return [{ key: `${list} ${epoch} ${version}`, at, list, happening, fresh: true }];
      });
      if (fresh.length > 0) this.#add(fresh);
    });
  }

  get held(): boolean {
    return this.#held;
  }

  /** Stand still, or let what has waited in. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#show([]);
  }

  /** Read the past once; from then on the socket tells. */
  async load(): Promise<void> {
    const lists = (await this.api.lists()).slice(0, LISTS);
    const past = await Promise.all(
      lists.map(async ({ id, name, epoch }) =>
        (await this.api.activities(id)).map((activity) => ({
          key: `${id} ${epoch} ${activity.version}`,
          at: activity.at,
          list: id,
          happening: happeningIn(activity, name),
          fresh: false,
        })),
      ),
    );
    this.#show(past.flat());
  }

  #add(entries: readonly FeedEntry[]): void {
    if (this.#held) this.later = [...entries, ...this.later].slice(0, SHOWN);
    else this.#show(entries);
  }

  #show(entries: readonly FeedEntry[]): void {
    const known = new Map(
      [...this.entries, ...entries, ...this.later].map((entry) => [entry.key, entry]),
    );
    this.later = [];
    this.entries = [...known.values()]
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .slice(0, SHOWN);
  }
}
