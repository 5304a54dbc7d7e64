import type { Clock } from '../net/clock';
import type { Trip } from '../protocol/frames';
import type { PresenceDetails } from '../sync/subscription-state';

/** The shortest time between two frames, in milliseconds: the user may type. */
export const PRESENCE_INTERVAL = 1000;
/** How often a presence is repeated before the server forgets it: a frame may be late. */
const REPEATS = 3.2;
/** A page that is hidden for longer runs its timers too seldom to repeat anything. */
export const MAX_HIDDEN_TIME = 4 * 60_000;
const MINUTE = 60_000;
/** The server refuses a time of leaving that is further ahead, in milliseconds. */
const MAX_LEAVING_DELAY = 24 * 60 * MINUTE;

/** What the server said of its times. */
interface ServerTime {
  /** How long it remembers a presence, in seconds. */
  lease: () => number;
  /** How far its clock is ahead of that of this browser, in milliseconds. */
  offset: () => number;
}

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
    private readonly server: ServerTime,
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

  /** What the server would refuse is not said again. */
  #dropPastLeaving(): void {
    if (this.leavingAt === null) return;
    const delay = this.leavingAt - this.clock.now() - this.server.offset();
    if (delay < -MINUTE || delay > MAX_LEAVING_DELAY) this.leavingAt = null;
  }

  #update(): void {
    if (this.#cancelInterval) return;
    this.#dropPastLeaving();
    const { details } = this;
    if (JSON.stringify(details) === this.#sent) return;
    this.#send(details);
    this.#cancelInterval = this.clock.schedule(PRESENCE_INTERVAL, () => {
      this.#cancelInterval = null;
      this.#update();
    });
  }

  #send(details: PresenceDetails): void {
    this.#sent = JSON.stringify(details);
    this.send(details);
    this.#cancelRepeat?.();
    this.#cancelRepeat =
      details.editing === undefined
        ? null
        : this.clock.schedule((this.server.lease() * 1000) / REPEATS, () => {
            this.#dropPastLeaving();
            // Another object, so that it is sent although it says the same.
            this.#send(this.details);
          });
  }
}
