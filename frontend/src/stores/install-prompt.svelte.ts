/** Chromium's offer to install the app. Other browsers have a menu of their own for it. */
interface InstallEvent extends Event {
  prompt(): Promise<void>;
}

export class InstallPrompt {
  #event = $state.raw<InstallEvent | null>(null);

  get isOffered(): boolean {
    return this.#event !== null;
  }

  /** Keep the browser's offer for the account sheet, instead of a bar over the list. */
  start(): void {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#event = event as InstallEvent;
    });
    addEventListener('appinstalled', () => {
      this.#event = null;
    });
  }

  /** Ask the user. An offer can be used once. */
  async show(): Promise<void> {
    const event = this.#event;
    this.#event = null;
    await event?.prompt();
  }
}
