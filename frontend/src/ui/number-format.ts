/** Format a number: 1,234 · 91.2k · 3.4M. At most six characters. */
export function formatNumber(value: number): string {
  if (value >= 1e6) return `${roundDecimal(value / 1e6)}M`;
  if (value >= 1e4) return `${roundDecimal(value / 1e3)}k`;
  return Number.isInteger(value) ? value.toLocaleString('en') : roundDecimal(value);
}

/** Format a duration in milliseconds: 8.1 ms · 320 ms · 1.2 s. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return '–';
  if (milliseconds >= 1000) return `${roundDecimal(milliseconds / 1000)} s`;
  return `${milliseconds >= 100 ? Math.round(milliseconds) : roundDecimal(milliseconds)} ms`;
}

/** Format a duration in microseconds: 0.4 µs · 96 µs · 2.1 ms. */
export function formatMicroseconds(microseconds: number | null | undefined): string {
  if (microseconds === null || microseconds === undefined) return '–';
  if (microseconds >= 1000) return formatDuration(microseconds / 1000);
  return `${microseconds >= 100 ? Math.round(microseconds) : roundDecimal(microseconds)} µs`;
}

function roundDecimal(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
