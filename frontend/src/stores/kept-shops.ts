import { listTopic } from '../protocol/topic';
import type { EngineEvent } from '../sync/engine';
import type { OpenList } from './open-list.svelte';
import { renamePastShop, shopsOfPastTrips } from './past-trips';
import { changesShops, shopRename } from './shop-renames';

/**
 * Give what this browser keeps of a shop the name that the shop has now: the chosen shop, the
 * user's way through it, the trips that were learned from and the order that was declined.
 *
 * Another member, or another device of the user, may have renamed it. Returns a stop function.
 */
export function followShopNames(list: OpenList): () => void {
  const topic = listTopic(list.id);
  return list.engine.subscribe((events) => {
    for (const event of events)
      if (event.kind === 'replica' && event.topic === topic) applyRenames(list, event);
  });
}

function applyRenames(
  list: OpenList,
  { before, after, change }: EngineEvent & { kind: 'replica' },
): void {
  if (!before.list || !changesShops(before, after, change)) return;
  const kept = new Set([list.aisles.shop, list.trip?.shop ?? '', ...shopsOfPastTrips(list.id)]);
  kept.delete('');
  for (const shop of kept) {
    const rename = shopRename(before, after, shop);
    if (!rename) continue;
    if (list.aisles.shop === shop) list.aisles.setShop(rename.to);
    if (list.trip?.shop === shop) list.trip.renameShop(rename.to);
    // Two shops that became one are walked through in two ways.
    if (rename.isNew) renamePastShop(list.id, shop, rename.to);
  }
  list.refresh();
}
