import type { Clock } from '../net/clock';
import type { Seen } from '../protocol/frames';

/** The shortest time between two reports of one topic, in milliseconds. */
export const SEEN_INTERVAL = 2000;

interface TopicReports {
  /** The state that waits for the end of the interval. */
  waiting: Seen | null;
  /** When it was on the screen. */
  shownAt: number;
  /** Ends the interval. Null if the next state may be sent at once. */
  cancelInterval: (() => void) | null;
}

/**
 * Decides when to tell the server what a list looks like on this screen.
 *
 * It sends the first state of a topic at once, and later ones at most every SEEN_INTERVAL.
 * The last state is always sent. A topic that was reported once stays reported until the
 * connection ends, because the server compares each screen with the list as long as it is
 * subscribed.
 */
export class SeenReporter {
  readonly #topics = new Map<string, TopicReports>();

  constructor(
    private readonly clock: Clock,
    private readonly send: (frame: Seen) => void,
  ) {}

  isReported(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Report a topic from now on. Its next state is sent at once. */
  start(topic: string): void {
    this.stop(topic);
    this.#topics.set(topic, { waiting: null, shownAt: 0, cancelInterval: null });
  }

  /** Stop reporting a topic, and drop the state that waits. */
  stop(topic: string): void {
    this.#topics.get(topic)?.cancelInterval?.();
    this.#topics.delete(topic);
  }

  /** Stop reporting, because the connection ended. */
  stopAll(): void {
    for (const topic of [...this.#topics.keys()]) this.stop(topic);
  }

  /** A state is on the screen. It is dropped if its topic is not reported. */
  report(frame: Seen): void {
    const reports = this.#topics.get(frame.topic);
    if (!reports) return;
    reports.waiting = frame;
    reports.shownAt = this.clock.now();
    if (!reports.cancelInterval) this.#sendWaiting(reports);
  }

  /** Send every state that waits: the page may be left. */
  flush(): void {
    for (const reports of this.#topics.values()) {
      reports.cancelInterval?.();
      this.#sendWaiting(reports);
    }
  }

  #sendWaiting(reports: TopicReports): void {
    const { waiting } = reports;
    reports.waiting = null;
    reports.cancelInterval = null;
    if (!waiting) return;
    // With both times, the server knows how long its frame and this one were on the way.
    if ('paint_ms' in waiting) waiting.held_ms = this.clock.now() - reports.shownAt;
    this.send(waiting);
    reports.cancelInterval = this.clock.schedule(SEEN_INTERVAL, () => {
      this.#sendWaiting(reports);
    });
  }
}
