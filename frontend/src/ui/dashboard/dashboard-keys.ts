import type { DashboardApp } from '../../stores/app';

/** Elements that use the keys themselves. */
const USERS = 'input, select, textarea, dialog, [contenteditable]';
/** Elements that Space presses or scrolls. */
const PRESSED = 'button, a[href], summary, [role="region"], ol[tabindex]';

/** Do what a key of the dashboard means; return whether it means anything here. */
export function onDashboardKey(
  event: KeyboardEvent,
  app: Pick<DashboardApp, 'section' | 'pause' | 'charts'>,
  onHelp: () => void,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(USERS)) return false;
  const section = app.section.all[Number(event.key) - 1];
  if (section) app.section.open(section.path);
  else if (event.key === ' ') {
    if (target?.closest(PRESSED)) return false;
    app.pause.toggle();
  } else if (event.key === 'ArrowLeft') app.charts.move(event.shiftKey ? -10 : -1);
  else if (event.key === 'ArrowRight') app.charts.move(event.shiftKey ? 10 : 1);
  else if (event.key === 'Escape') app.charts.time = null;
  else if (event.key === 't') app.charts.isTable = !app.charts.isTable;
  else if (event.key === '?') onHelp();
  else return false;
  return true;
}
