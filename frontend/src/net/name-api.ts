import type { ForgottenNames, Suggestions } from '../protocol/rest';
import { sendRequest, type Http } from './http';
import { parseProblem } from './problem';
import { uuid } from './uuid';

/** How many names the server sends at most. */
const MAX_NAMES = 5000;

/** The requests about names that were used before. */
export class NameApi {
  constructor(private readonly http: Http) {}

  /** All names, unless they are those with this tag: then null. */
  async getAll(
    tag: string | null,
  ): Promise<{ results: Suggestions['results']; tag: string | null } | null> {
    const { response, text } = await sendRequest({
      method: 'GET',
      path: `suggestions/?limit=${MAX_NAMES}`,
      ...(tag === null ? {} : { ifNoneMatch: tag }),
    });
    if (response.status === 304) return null;
    if (!response.ok) throw parseProblem(response.status, null, null);
    const { results } = JSON.parse(text) as Suggestions;
    return { results, tag: response.headers.get('ETag') };
  }

  /** The names that contain this text, those that are most probably wanted first. */
  async search(text: string): Promise<Suggestions['results']> {
    const path = `suggestions/?q=${encodeURIComponent(text)}`;
    return (await this.http<Suggestions>({ method: 'GET', path })).results;
  }

  async getForgotten(): Promise<string[]> {
    const path = 'suggestions/forget/';
    const { results } = await this.http<ForgottenNames>({ method: 'GET', path });
    return results.map(({ name }) => name);
  }

  /** Suggest a name no more, or again. */
  decide(name: string, isForgotten: boolean): Promise<void> {
    const path = `suggestions/${isForgotten ? 'forget' : 'restore'}/`;
    return this.http({ method: 'POST', path, body: { name }, op: uuid() });
  }
}
