import type { SignalRow } from '../protocol/frames';

/** The sends of a signal, of one sender or of all together. */
export function sendsOf(rows: readonly SignalRow[], signal: string, sender?: string): number {
  return rows
    .filter((row) => row.signal === signal && (sender === undefined || row.sender === sender))
    .reduce((sum, row) => sum + row.sends, 0);
}

export function rateOf(rows: readonly SignalRow[], signal: string, sender?: string): number {
  return rows
    .filter((row) => row.signal === signal && (sender === undefined || row.sender === sender))
    .reduce((sum, row) => sum + row.last_second, 0);
}
