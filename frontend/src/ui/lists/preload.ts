import { whenIdle } from '../../net/when-idle';
import { startBackgroundTasks } from '../../stores/background-tasks';
import type { ListApp } from '../../stores/app';

/** The parts that open on demand, so that they open without a network later. */
const PARTS = [
  () => import('./ListPage.svelte'),
  () => import('./ListsPage.svelte'),
  () => import('./list-parts'),
  () => import('./Suggestions.svelte'),
  () => import('./ListDialogs.svelte'),
  () => import('./ListTools.svelte'),
  () => import('./LongRows.svelte'),
  () => import('./ItemHistory.svelte'),
  () => import('../shop/ShopMode.svelte'),
  () => import('./QrCode.svelte'),
  () => import('./UserSheet.svelte'),
  () => import('./OtherPages.svelte'),
  () => import('./SharePage.svelte'),
  () => import('../account/AccountPage.svelte'),
];

/** What a page does beside showing lists. It is loaded after them. */
export function startLater(app: ListApp): void {
  startBackgroundTasks(app);
  whenIdle(() => void openNames(app).catch(() => null));
  if (app.connection.status === 'live') whenIdle(loadParts);
  else {
    const { engine } = app.dependencies;
    const stop = engine.subscribe((events) => {
      if (!events.some(({ kind }) => kind === 'welcome')) return;
      stop();
      whenIdle(loadParts);
    });
  }
}

function loadParts(): void {
  for (const load of PARTS) load().catch(() => null);
}

/** Read the names that were used before, so that the first letter finds them. */
async function openNames(app: ListApp): Promise<void> {
  const { knownNamesOf } = await import('../../stores/app-names');
  await knownNamesOf(app).open();
}
