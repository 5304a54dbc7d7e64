/** A space at which no line ends: a figure stays together with its unit. */
export const NO_BREAK = '\u00a0';

/** Format a number: 1,234 · 91.2k · 3.4M. At most six characters. */
export function formatNumber(value: number): string {
  if (value >= 1e6) return `${roundDecimal(value / 1e6)}M`;
  if (value >= 1e4) return `${roundDecimal(value / 1e3)}k`;
  return Number.isInteger(value) ? value.toLocaleString(__LOCALE__) : roundDecimal(value);
}

/** Format a duration in milliseconds: 8.1 ms · 320 ms · 1.2 s. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return '–';
  if (milliseconds >= 1000) return withUnit(roundDecimal(milliseconds / 1000), 's');
  return withUnit(roundDecimal(milliseconds), 'ms');
}

/** Format a duration in microseconds: 0.4 µs · 96 µs · 2.1 ms. */
export function formatMicroseconds(microseconds: number | null | undefined): string {
  if (microseconds === null || microseconds === undefined) return '–';
  if (microseconds >= 1000) return formatDuration(microseconds / 1000);
  return withUnit(roundDecimal(microseconds), 'µs');
}

/** Format a rate: 12.4/s. */
export function formatRate(perSecond: number | null): string {
  return perSecond === null ? '–' : `${formatNumber(Math.round(perSecond * 10) / 10)}/s`;
}

/** Format a mean for each second, which may be far below one: 0.003 · 0.25 · 12.4. */
export function formatMean(value: number | null): string {
  if (value === null) return '–';
  if (value === 0 || value >= 1) return formatNumber(Math.round(value * 10) / 10);
  return value < 0.0001 ? '< 0.0001' : String(Number(value.toPrecision(2)));
}

/** Format a time that passed, in seconds: 8 s · 4 min · 3 h 20 min · 3 d 4 h. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return withUnit(whole, 's');
  if (whole < 3600) return withUnit(Math.floor(whole / 60), 'min');
  const isHours = whole < 86_400;
  const [unit, part] = isHours ? [3600, 60] : [86_400, 3600];
  const rest = Math.floor((whole % unit) / part);
  const larger = withUnit(Math.floor(whole / unit), isHours ? 'h' : 'd');
  return rest > 0 ? `${larger} ${withUnit(rest, isHours ? 'min' : 'h')}` : larger;
}

/** Format a number of bytes: 312 MB · 31 GB. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e12) return withUnit(roundDecimal(bytes / 1e12), 'TB');
  if (bytes >= 1e9) return withUnit(roundDecimal(bytes / 1e9), 'GB');
  if (bytes >= 1e6) return withUnit(Math.round(bytes / 1e6), 'MB');
  return withUnit(Math.round(bytes / 1e3), 'kB');
}

/** A figure and its unit, which a line does not separate: 8.1 ms. */
export function withUnit(value: number | string, unit: string): string {
  return `${value}${NO_BREAK}${unit}`;
}

function roundDecimal(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
