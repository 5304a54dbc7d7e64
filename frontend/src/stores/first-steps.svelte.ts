import type { UserProfile } from '../protocol/rest';
import type { ListOverview } from './lists.svelte';

const KEY = 'trolley.first-steps';

/** What a new owner does first. */
export type Step = 'list' | 'item' | 'device';

/** What this browser remembers of the steps: whose they are, and those that are done. */
interface StepRecord {
  user: number;
  done: readonly Step[];
  isHidden: boolean;
}

/** The part of the app from which the steps are read. */
interface StepFacts {
  profile: UserProfile | null;
  isLoaded: boolean;
  lists: readonly Pick<ListOverview, 'totalCount'>[];
}

const STEPS: readonly Step[] = ['list', 'item', 'device'];

/** The steps of an owner of the installation, from the first visit until all are done or hidden. */
export class FirstSteps {
  #record = $state.raw<StepRecord | null>(null);

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#record = this.#read();
  }

  /** Begin for an owner who has no list yet, and notice what is done. */
  update({ profile, isLoaded, lists }: StepFacts): void {
    if (!profile?.is_staff || !isLoaded) return;
    const isKnown = this.#record?.user === profile.id;
    if (!isKnown && lists.length > 0) return;
    if (!isKnown) this.#write({ user: profile.id, done: [], isHidden: false });
    if (lists.length > 0) this.finish('list');
    if (lists.some(({ totalCount }) => totalCount > 0)) this.finish('item');
  }

  /** Whether to show them to this user. */
  isShownTo(profile: UserProfile | null): boolean {
    return this.#record !== null && this.#record.user === profile?.id && !this.#record.isHidden;
  }

  isDone(step: Step): boolean {
    return this.#record?.done.includes(step) ?? false;
  }

  get isComplete(): boolean {
    return STEPS.every((step) => this.isDone(step));
  }

  /** The first step that is not done. */
  get next(): Step | null {
    return STEPS.find((step) => !this.isDone(step)) ?? null;
  }

  finish(step: Step): void {
    const record = this.#record;
    if (record && !this.isDone(step)) this.#write({ ...record, done: [...record.done, step] });
  }

  hide(): void {
    if (this.#record) this.#write({ ...this.#record, isHidden: true });
  }

  /** Forget them, because the user signs out. */
  clear(): void {
    this.#record = null;
    try {
      this.storage.removeItem(KEY);
    } catch {
      // Nothing was stored either.
    }
  }

  #write(record: StepRecord): void {
    this.#record = record;
    try {
      this.storage.setItem(KEY, JSON.stringify(record));
    } catch {
      // The steps last as long as the page.
    }
  }

  #read(): StepRecord | null {
    try {
      return JSON.parse(this.storage.getItem(KEY) ?? 'null') as StepRecord | null;
    } catch {
      return null;
    }
  }
}
