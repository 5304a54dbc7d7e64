import type { DashboardApp } from '../../stores/app';

/** What stands where figures are missing: they are on their way, or nothing arrives. */
export function waitingText(app: DashboardApp, isStale: boolean): string {
  const isDown = app.connection.status !== 'live' && app.samples.newest !== null;
  return isStale || isDown ? 'Not known, because nothing arrives from the server.' : 'Looking…';
}
