import type { AfterPaint } from '../../src/net/paint';

/** A browser that paints at once. */
export const paintAtOnce: AfterPaint = (callback) => {
  callback(true);
};
