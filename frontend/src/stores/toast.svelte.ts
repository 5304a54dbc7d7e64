/** Long enough to read it, reach it and change one's mind. */
const DISPLAY_TIME = 8000;

export interface ToastContent {
  text: string;
  /** The one thing to do about it. */
  action: string;
  onAction: () => void;
}

/** One message at a time with something to do about it. */
export class Toast {
  content = $state.raw<ToastContent | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;

  show(content: ToastContent): void {
    this.content = content;
    this.restartTimer();
  }

  /** Somebody is about to use it: it stays. */
  pauseTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  restartTimer(): void {
    this.pauseTimer();
    this.#timer = setTimeout(() => {
      this.dismiss();
    }, DISPLAY_TIME);
  }

  dismiss(): void {
    this.pauseTimer();
    this.content = null;
  }

  runAction(): void {
    const { content } = this;
    this.dismiss();
    content?.onAction();
  }
}
