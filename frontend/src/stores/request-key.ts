import { uuid } from '../net/uuid';

/**
 * The idempotency key of a request that a user may have to repeat.
 *
 * The same body keeps its key until `clear` is called, so that a repeated request has one effect.
 */
export class RequestKey {
  #current: { key: string; body: string } | null = null;

  keyFor(body: object): string {
    const text = JSON.stringify(body);
    if (this.#current?.body !== text) this.#current = { key: uuid(), body: text };
    return this.#current.key;
  }

  /** The server has responded: the next request is a new one. */
  clear(): void {
    this.#current = null;
  }
}
