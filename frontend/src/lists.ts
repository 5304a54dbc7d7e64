import { boot, mountPage } from './boot';
import { Announcer } from './stores/announcer.svelte';
import { CurrentTime } from './stores/current-time.svelte';
import { takeLinkSecret } from './stores/link-secret';
import { Lists } from './stores/lists.svelte';
import { OpenListPage } from './stores/open-list-page';
import { Overlay } from './stores/overlay.svelte';
import { Route } from './stores/route.svelte';
import { InstallPrompt } from './stores/install-prompt.svelte';
import { LoadedUpdate } from './stores/loaded-update.svelte';
import { SharedText } from './stores/shared-text';
import { Toast } from './stores/toast.svelte';
import type { StorageStatus } from './sync/storage';
import './ui/base.css';
import App from './ui/lists/App.svelte';

// First, so that no other code can read the secret from the address bar.
const linkSecret = takeLinkSecret(location, history);

const installPrompt = new InstallPrompt();
installPrompt.start();
const announcer = new Announcer();
const toast = new Toast();
const storage = import('./stores/early-parts')
  .then(({ openStorage }) => openStorage(engine))
  .catch(() => null);
const { api, engine, user, connection } = boot(announcer, storage);

// The next user of this browser must not see messages meant for the previous one.
engine.subscribe((events) => {
  if (!events.some(({ kind }) => kind === 'reset')) return;
  toast.dismiss();
  announcer.clear();
});

// A change of the fragment alone does not load the page again.
addEventListener('hashchange', () => {
  const newSecret = takeLinkSecret(location, history);
  if (newSecret !== null && newSecret !== linkSecret) location.reload();
});

addEventListener('beforeunload', (event) => {
  if (connection.atRiskCount > 0) event.preventDefault();
});

async function warn(status: StorageStatus): Promise<void> {
  if (status === 'stored') return;
  const { warnAboutStorage } = await import('./stores/storage-notice');
  warnAboutStorage(toast, status);
}

void storage.then((opened) => {
  void warn(opened?.status ?? 'refused');
  opened?.onStatus((status) => void warn(status));
});

mountPage(App, {
  app: {
    user,
    connection,
    lists: new Lists(api, engine, () => user.profile),
    route: new Route(),
    announcer,
    toast,
    currentTime: new CurrentTime(15_000),
    sharedText: new SharedText(),
    openListPage: new OpenListPage(),
    overlay: new Overlay(),
    installPrompt,
    update: new LoadedUpdate(),
    dependencies: { engine, linkSecret },
  },
});
