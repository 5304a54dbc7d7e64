import type { Api } from '../net/api';
import type { CreatedToken, TokenRequest } from '../protocol/rest';
import { FormSubmission } from './form-submission.svelte';
import { RequestKey } from './request-key';

/** The longest name of a token. */
const MAX_NAME = 100;

/** Creates the address of a wall screen: a token that can only read, in the fragment. */
export class WallLink {
  /** The address. It is kept only here, because the secret is shown only once. */
  address = $state<string | null>(null);
  readonly submission = new FormSubmission();
  readonly #requestKey = new RequestKey();

  constructor(
    private readonly api: Pick<Api, 'createToken'>,
    private readonly origin: string,
  ) {}

  /** Create a token for one list, or for all lists of the user. */
  async create(list: { id: string; name: string } | null): Promise<void> {
    const name = `Wall screen: ${list?.name ?? 'all lists'}`;
    const request: TokenRequest = {
      name: Array.from(name).slice(0, MAX_NAME).join('').trim(),
      scope: 'read',
      list: list?.id ?? null,
      expires_in: null,
    };
    const key = this.#requestKey.keyFor(request);
    const created = await this.submission.run<CreatedToken>(() =>
      this.api.createToken(request, key),
    );
    if (created === undefined) return;
    this.#requestKey.clear();
    this.address = `${this.origin}/wall/#${created.token}`;
  }

  /** Forget the secret. */
  forget(): void {
    this.address = null;
  }
}
