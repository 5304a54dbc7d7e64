import type { DashboardApp } from '../../stores/app';

/** Elements that use the keys themselves. */
const USERS = 'input, select, textarea, dialog, [contenteditable]';
/** Elements that Space presses or scrolls. */
const PRESSED = 'button, a[href], summary, [role="region"], ol[tabindex]';

/** Do what a key of the dashboard means; return whether it means anything here. */
export function onDashboardKey(
  event: KeyboardEvent,
  app: Pick<DashboardApp, 'section' | 'pause' | 'charts' | 'window'>,
  onHelp: () => void,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(USERS)) return false;
  const section = app.section.all[Number(event.key) - 1];
  const { charts } = app;
  if (section) app.section.open(section.path);
  else if (event.key === ' ') {
    if (target?.closest(PRESSED)) return false;
    app.pause.toggle();
  } else if (event.key === 'Enter') {
    if (target?.closest(PRESSED) || charts.time === null) return false;
    charts.freeze();
  } else if (event.key === 'Escape') {
    if (charts.time === null) charts.unfreeze();
    charts.time = null;
  } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
    const direction = event.key === 'ArrowLeft' ? -1 : 1;
    if (event.shiftKey && charts.range) charts.moveRange(direction);
    else charts.move(event.shiftKey ? 10 * direction : direction);
  } else if (event.key === '[') app.window.move(-1);
  else if (event.key === ']') app.window.move(1);
  else if (event.key === '+') charts.zoomBy(0.5);
  else if (event.key === '-') charts.zoomBy(2);
  else if (event.key === '0') charts.zoom(null);
  else if (event.key === 't') app.charts.isTable = !app.charts.isTable;
  else if (event.key === '?') onHelp();
  else return false;
  return true;
}
