import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { unreachableProblem } from '../src/net/problem';
import type { ListOverview } from '../src/stores/lists.svelte';
import { SearchedLists } from '../src/stores/searched-lists.svelte';
import { Engine } from '../src/sync/engine';
import { ManualClock } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, item, snapshot } from './fake/rows';

const overview = (id: string, totalCount: number): ListOverview =>
  ({ id, name: id, totalCount, openCount: totalCount }) as ListOverview;

/** Find, on a page that has the list `one` and no other. */
async function search(
  overviews: readonly ListOverview[],
  respond: (path: string) => unknown,
): Promise<{ lists: SearchedLists; paths: string[] }> {
  const paths: string[] = [];
  let receive: (frames: unknown[]) => void = () => undefined;
  const engine = new Engine(
    ({ onFrames }) => {
      receive = onFrames as typeof receive;
      return { send: () => undefined, close: () => undefined };
    },
    <T>({ path, method }: HttpRequest) => {
      if (method !== 'GET') return new Promise<T>(() => undefined);
      paths.push(path);
      const response = respond(path);
      return response ? Promise.resolve(response as T) : Promise.reject(unreachableProblem());
    },
    new ManualClock(),
    paintAtOnce,
  );
  engine.start();
  engine.watch('list:one');
  receive([snapshot(1, { items: [item('Milk')] })]);
  engine.submit({ type: 'add', list: 'one', item: 'tea', fields: { name: 'Tea' } }, 'Tea');
  const lists = new SearchedLists(engine, overviews, ana);
  await lists.load();
  return { lists, paths };
}

const namesIn = ({ all }: SearchedLists): string[] =>
  all.map(({ id, items }) => `${id}: ${items.map(({ name }) => name).join(', ')}`);

describe('Find', () => {
  it('PAG-41 searches what this device has, and requests only the other lists with items', async () => {
    const overviews = [overview('one', 1), overview('two', 2), overview('empty', 0)];
    const { lists, paths } = await search(overviews, () => ({ items: [item('Ice')] }));
    expect(namesIn(lists)).toEqual(['one: Milk, Tea', 'two: Ice', 'empty: ']);
    expect(paths).toEqual(['shopping-lists/two/snapshot/']);
    expect(lists.missingCount).toBe(0);
  });

  it('PAG-41 counts the lists that cannot be searched, and stops asking for them', async () => {
    const overviews = [overview('one', 1), overview('two', 2), overview('three', 2)];
    const { lists, paths } = await search(overviews, () => null);
    expect(namesIn(lists)).toEqual(['one: Milk, Tea', 'two: ', 'three: ']);
    expect(paths).toHaveLength(1);
    expect(lists.missingCount).toBe(2);
    expect(lists.isComplete).toBe(true);
  });

  it('PAG-41 does not request more items than a phone can keep', async () => {
    const overviews = [overview('two', 4000), overview('three', 4000)];
    const { lists } = await search(overviews, () => ({ items: [] }));
    expect(lists.missingCount).toBe(1);
  });
});
