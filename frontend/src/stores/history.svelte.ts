import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import { topicOf } from '../protocol/topic';
import type { Engine } from '../sync/engine';
import { merged, pastIn, pastOf, undoneIn, type Past } from './past';

/** Why an undo was refused: in a sentence, and row by row. */
export interface Refused {
  version: number;
  text: string;
  rows: readonly string[];
}

/** What happened on one list, newest first, and the way back from each change. */
export class History {
  all = $state.raw<readonly Past[]>([]);
  undone = $derived(undoneIn(this.all));
  /** False until the first page was read. */
  known = $state(false);
  more = $state(false);
  wrong = $state('');
  refused = $state.raw<Refused | null>(null);
  /** The version that is being undone. */
  undoing = $state<number | null>(null);
  #next: string | null = null;

  constructor(
    private readonly list: string,
    private readonly api: Api,
    private readonly engine: Engine,
  ) {}

  /** Read the newest page; from then on the socket tells. Returns how to stop. */
  start(): () => void {
    const stop = this.engine.listen((news) => {
      for (const one of news) {
        if (one.kind !== 'replica' || one.topic !== topicOf(this.list)) continue;
        if (one.change) this.#add([pastOf(one.change, one.before)]);
        else this.#jumped(one.before.epoch, one.after.epoch);
      }
    });
    void this.load();
    return stop;
  }

  async load(cursor: string | null = null): Promise<void> {
    try {
      const page = await this.api.activityPage(this.list, cursor);
      const name = this.engine.replica(topicOf(this.list)).list?.name ?? '';
      const told = page.results.map((activity) => pastIn(activity, name));
      // A whole page happened meanwhile: what lies between is read again, page by page.
      const apart = cursor === null && isApart(this.all, told);
      if (apart) this.all = [];
      this.#add(told);
      if (cursor !== null || apart || !this.known) this.#next = page.cursor;
      this.more = this.#next !== null;
      this.known = true;
      this.wrong = '';
    } catch (error) {
      this.wrong = wordsOf(error);
    }
  }

  async older(): Promise<void> {
    await this.load(this.#next);
  }

  /** Undo a change whatever came later; what stands in the way is told. */
  async undo({ version }: Past): Promise<void> {
    this.undoing = version;
    this.refused = null;
    try {
      const done = await this.api.undo(this.list, version);
      this.#add([pastIn(done, '')]);
    } catch (error) {
      const rows = error instanceof Problem ? error.rows : [];
      this.refused = {
        version,
        text: wordsOf(error),
        rows: rows.map(({ name, reason }) => `${name} ${reason}`),
      };
    } finally {
      this.undoing = null;
    }
  }

  /** A snapshot came: what led to it was not told, and another epoch is another history. */
  #jumped(before: string | null, after: string | null): void {
    if (before !== null && before !== after) {
      this.all = [];
      this.known = false;
    }
    void this.load();
  }

  #add(told: readonly Past[]): void {
    this.all = merged(this.all, told);
  }
}

function isApart([newest]: readonly Past[], told: readonly Past[]): boolean {
  const oldest = told.at(-1);
  return newest !== undefined && oldest !== undefined && oldest.version > newest.version + 1;
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
