/** How long a message is shown, in milliseconds: time to read it and to reach its button. */
const DISPLAY_TIME = 8000;

export interface ToastContent {
  text: string;
  /** The text of the button. Without it there is no button. */
  action?: string;
  onAction?: () => void;
}

/** Something that is shown for a while. The next one replaces it. */
export class Timed<Content> {
  content = $state.raw<Content | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `displayTime` is in milliseconds. */
  constructor(private readonly displayTime: number) {}

  show(content: Content): void {
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
    }, this.displayTime);
  }

  dismiss(): void {
    this.pauseTimer();
    this.content = null;
  }
}

/** One message, often with a button such as Undo. A new message replaces it. */
export class Toast extends Timed<ToastContent> {
  constructor() {
    super(DISPLAY_TIME);
  }

  runAction(): void {
    const { content } = this;
    this.dismiss();
    content?.onAction?.();
  }
}
