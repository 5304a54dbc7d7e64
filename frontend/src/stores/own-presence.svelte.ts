import type { Clock } from '../net/clock';
import type { Trip } from '../protocol/frames';
import type { PresenceDetails } from '../sync/subscription-state';

/** The shortest time between two frames, in milliseconds: the user may type. */
export const PRESENCE_INTERVAL = 1000;
/** How often a presence is repeated before the server forgets it: a frame may be late. */
const REPEATS = 3.2;
/** A page that is hidden for longer runs its timers too seldom to repeat anything. */
export const MAX_HIDDEN_TIME = 4 * 60_000;

/** What this page says of its user to the others who have the list open. */
export class OwnPresence {
  trip = $state.raw<Trip | null>(null);
  /** The aisles that the user has claimed. */
  aisles = $state.raw<readonly string[]>([]);
  /** When the user leaves for the shop, in Unix milliseconds of the server. */
  leavingAt = $state<number | null>(null);
  #editing: string | null = null;
  #isVisible = true;
  #isAsleep = false;
  #sent = '';
  #cancelInterval: (() => void) | null = null;
  #cancelRepeat: (() => void) | null = null;
  #cancelSleep: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly send: (presence: PresenceDetails) => void,
    /** How long the server remembers a presence, in seconds. */
    private readonly lease: () => number,
  ) {}

  stop(): void {
    this.#cancelInterval?.();
    this.#cancelRepeat?.();
    this.#cancelSleep?.();
  }

  /** The page is shown or hidden, or the list was opened: say it again. */
  setVisible(isVisible: boolean): void {
    this.#sent = '';
    this.#isVisible = isVisible;
    this.#isAsleep = false;
    this.#cancelSleep?.();
    this.#cancelSleep = isVisible
      ? null
      : this.clock.schedule(MAX_HIDDEN_TIME, () => {
          this.#isAsleep = true;
          this.#update();
        });
    this.#update();
  }

  setEditing(item: string | null): void {
    this.#editing = item;
    this.#update();
  }

  setTrip(trip: Trip | null): void {
    this.trip = trip;
    if (!trip) this.aisles = [];
    else this.leavingAt = null;
    this.#update();
  }

  setAisles(aisles: readonly string[]): void {
    this.aisles = aisles;
    this.#update();
  }

  setLeavingAt(time: number | null): void {
    this.leavingAt = time;
    this.#update();
  }

  /** What to say now. A frame with more than a state is repeated. */
  get details(): PresenceDetails {
    const { trip, aisles, leavingAt } = this;
    const isBusy = trip !== null || leavingAt !== null;
    if (!this.#isVisible && (!isBusy || this.#isAsleep)) return { state: 'away' };
    return {
      state: trip ? 'shopping' : this.#isVisible ? 'viewing' : 'away',
      trip,
      aisles: [...aisles],
      editing: this.#editing,
      leaving_at: leavingAt === null ? null : new Date(leavingAt).toISOString(),
    };
  }

  #update(): void {
    if (this.#cancelInterval) return;
    const { details } = this;
    const text = JSON.stringify(details);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#send(details);
    this.#cancelInterval = this.clock.schedule(PRESENCE_INTERVAL, () => {
      this.#cancelInterval = null;
      this.#update();
    });
  }

  #send(details: PresenceDetails): void {
    this.send(details);
    this.#cancelRepeat?.();
    this.#cancelRepeat =
      details.editing === undefined
        ? null
        : this.clock.schedule((this.lease() * 1000) / REPEATS, () => {
            // Another object, so that it is sent although it says the same.
            this.#send({ ...details });
          });
  }
}
