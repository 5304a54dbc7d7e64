/** Time and random numbers. They are passed in, so that tests can control them. */
export interface Clock {
  now(): number;
  random(): number;
  /** Call back once after a delay. Returns a function that cancels this. */
  schedule(milliseconds: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};
