/** How long a message is shown, in milliseconds: time to read it and to reach its button. */
const DISPLAY_TIME = 8000;

export interface ToastContent {
  text: string;
  /** The text of the button. Without it there is no button. */
  action?: string;
  onAction?: () => void;
}

/** One message, often with a button such as Undo. A new message replaces it. */
export class Toast {
  content = $state.raw<ToastContent | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;

  show(content: ToastContent): void {
    this.content = content;
    this.restartTimer();
  }

  /** The user may be about to press the button, so the message stays. */
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
    content?.onAction?.();
  }
}
