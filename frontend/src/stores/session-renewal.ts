import type { Clock } from '../net/clock';

const DAY = 24 * 60 * 60 * 1000;

/**
 * Ask the server once a day who is signed in, which renews the session and its cookie.
 *
 * A screen in the kitchen may hold nothing but a socket for months, and a socket renews neither.
 */
export function renewSessionDaily(clock: Clock, user: { refresh(): Promise<void> }): void {
  clock.schedule(DAY, () => {
    void user.refresh();
    renewSessionDaily(clock, user);
  });
}
