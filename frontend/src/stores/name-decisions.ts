import type { NameApi } from '../net/name-api';
import { Problem } from '../net/problem';
import { isSameName, nameKey } from '../sync/edit';
import {
  NO_NAME_RECORD,
  type NameDecision,
  type NameRecord,
  type NameStorage,
} from '../sync/storage';

function withDecision(forgotten: readonly string[], decision: NameDecision): readonly string[] {
  const others = forgotten.filter((name) => !isSameName(name, decision.name));
  return decision.isForgotten ? [...others, decision.name] : others;
}

/** Which names the user does not want to be suggested. A decision holds at once, also offline. */
export class NameDecisions {
  record: NameRecord = NO_NAME_RECORD;
  #keys: ReadonlySet<string> = new Set();
  #isSending = false;

  constructor(
    private readonly api: NameApi,
    private readonly storage: () => NameStorage | null,
    private readonly onChange: () => void,
  ) {}

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  set(record: NameRecord): void {
    this.record = record;
    this.#keys = new Set(record.forgotten.map(nameKey));
  }

  /** Change the record at once, and in the storage. */
  async update(change: (record: NameRecord) => NameRecord): Promise<void> {
    this.set(change(this.record));
    this.onChange();
    const changed = this.record;
    const stored = await this.storage()
      ?.updateRecord(change)
      .catch(() => null);
    // Another tab may have stored a decision too.
    if (stored && this.record === changed) this.set(stored);
  }

  decide(decision: NameDecision): Promise<void> {
    return this.update((record) => ({
      ...record,
      forgotten: withDecision(record.forgotten, decision),
      unsent: [...record.unsent.filter(({ name }) => !isSameName(name, decision.name)), decision],
    }));
  }

  /** The server sent all forgotten names. What it does not know yet is decided again. */
  replace(forgotten: readonly string[], tag: string | null): Promise<void> {
    return this.update((record) => ({
      ...record,
      tag,
      forgotten: record.unsent.reduce(withDecision, forgotten),
    }));
  }

  /** Tell the server what the user decided. What fails is told later. */
  async send(isLive: () => boolean): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let [next] = this.record.unsent; next && isLive(); [next] = this.record.unsent) {
        if (!(await this.#sendOne(next))) return;
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #sendOne(decision: NameDecision): Promise<boolean> {
    const { record } = this;
    try {
      await this.api.decide(decision.name, decision.isForgotten);
    } catch (error) {
      if (!(error instanceof Problem && error.isFinal)) return false;
    }
    // Meanwhile another user may have signed in.
    if (record !== NO_NAME_RECORD && this.record === NO_NAME_RECORD) return false;
    await this.update(({ unsent, ...rest }) => ({
      ...rest,
      unsent: unsent.filter(
        ({ name, isForgotten }) =>
          isForgotten !== decision.isForgotten || !isSameName(name, decision.name),
      ),
    }));
    return true;
  }
}
