import type { Clock } from '../net/clock';
import type { KnownName } from './known-name';
import type { NameStorage } from './storage';

/** How long names are collected before they are stored, in milliseconds. */
const WRITE_DELAY = 1000;

/** Stores the names that have changed, a little later and together. */
export class NameWriter {
  readonly #keys = new Set<string>();
  #cancel: (() => void) | null = null;

  constructor(
    private readonly storage: () => NameStorage | null,
    private readonly nameOf: (key: string) => KnownName | undefined,
    private readonly clock: Clock,
  ) {}

  /** A name has changed, or there is none of this key any more. */
  note(key: string): void {
    this.#keys.add(key);
    this.#cancel ??= this.clock.schedule(WRITE_DELAY, () => void this.flush());
  }

  /** Store now. Resolves when everything is stored, or the browser refused it. */
  async flush(): Promise<void> {
    const keys = [...this.#keys];
    this.clear();
    if (keys.length === 0) return;
    const names = keys.flatMap((key) => this.nameOf(key) ?? []);
    const removed = keys.filter((key) => !this.nameOf(key));
    await this.storage()
      ?.write(names, removed)
      .catch(() => undefined);
  }

  /** Store nothing of what was noted. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#keys.clear();
  }
}
