/** Long enough to read it, reach it and change one's mind. */
const SHOWN = 8000;

export interface Offer {
  text: string;
  /** The one thing to do about it. */
  action: string;
  run: () => void;
}

/** One message at a time with something to do about it. */
export class Toast {
  offer = $state.raw<Offer | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;

  show(offer: Offer): void {
    this.offer = offer;
    this.release();
  }

  /** Somebody is about to use it: it stays. */
  hold(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  release(): void {
    this.hold();
    this.#timer = setTimeout(() => {
      this.dismiss();
    }, SHOWN);
  }

  dismiss(): void {
    this.hold();
    this.offer = null;
  }

  accept(): void {
    const { offer } = this;
    this.dismiss();
    offer?.run();
  }
}
