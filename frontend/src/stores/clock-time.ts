/** The time of day with seconds, the same everywhere on the dashboard: 14:02:07. */
export function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}
