import * as m from '#messages';
import { systemClock, type Clock } from '../net/clock';
import { onIdle } from '../net/idle';
import type { Toast } from './toast.svelte';
import { askWorker, onControllerChange, registerServiceWorker } from '../net/service-worker';

/** How often to look for a new version, in milliseconds, while a page stays open. */
const CHECK_INTERVAL = 60 * 60 * 1000;

/** How long nobody touches the page before a new version is offered, in milliseconds. */
const IDLE_TIME = 60 * 1000;

/** The service worker of the app, and whether a new version of the app is ready to be shown. */
export class AppUpdate {
  isReady = $state(false);
  #registration: ServiceWorkerRegistration | null = null;

  constructor(
    private readonly clock: Clock,
    /** Load the page again. */
    private readonly reload: () => void,
    /** A new version is ready, and nobody touches the page. */
    private readonly onReady: () => void,
  ) {}

  /** Install the service worker. It takes over when all files are there. */
  async start(): Promise<void> {
    const registration = await registerServiceWorker();
    if (!registration) return;
    this.#registration = registration;
    this.#follow(registration.waiting);
    registration.addEventListener('updatefound', () => {
      this.#follow(registration.installing);
    });
    this.#scheduleCheck(registration);
  }

  /** Show the new version. The page is loaded again. */
  async apply(): Promise<void> {
    const waiting = this.#registration?.waiting ?? null;
    if (waiting === null) {
      this.reload();
      return;
    }
    onControllerChange(this.reload);
    await askWorker(waiting, 'activate');
  }

  #follow(worker: ServiceWorker | null): void {
    if (worker === null) return;
    const check = (): void => {
      // The first service worker is no update: no other one controls the page.
      if (this.isReady || worker.state !== 'installed' || !this.#registration?.active) return;
      this.isReady = true;
      onIdle(this.clock, IDLE_TIME, this.onReady);
    };
    worker.addEventListener('statechange', check);
    check();
  }

  #scheduleCheck(registration: ServiceWorkerRegistration): void {
    this.clock.schedule(CHECK_INTERVAL, () => {
      registration.update().catch(() => null);
      this.#scheduleCheck(registration);
    });
  }
}

/** The parts of the app that say when a new version is ready. */
interface UpdatedApp {
  toast: Toast;
  update: { current: AppUpdate | null };
}

/** Install the service worker, and offer each new version when nobody touches the page. */
export async function startUpdate({ toast, update }: UpdatedApp): Promise<void> {
  const appUpdate = new AppUpdate(
    systemClock,
    () => {
      location.reload();
    },
    () => {
      toast.show({
        text: m.update_ready(),
        action: m.update_reload(),
        onAction: () => void appUpdate.apply(),
      });
    },
  );
  update.current = appUpdate;
  await appUpdate.start();
}
