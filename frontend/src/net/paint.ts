/** Calls back after the next paint, with true. For a hidden page, calls back soon, with false. */
export type AfterPaint = (callback: (isPainted: boolean) => void) => void;

/**
 * Wait until the browser has painted the document as it is after the current task.
 *
 * A browser calls no animation frames of a hidden page. So the wait ends when the page is hidden.
 */
export const afterPaint: AfterPaint = (callback) => {
  let isWaiting = true;
  const end = (isPainted: boolean): void => {
    if (!isWaiting) return;
    isWaiting = false;
    document.removeEventListener('visibilitychange', onVisibilityChange);
    callback(isPainted);
  };
  const onVisibilityChange = (): void => {
    end(false);
  };
  document.addEventListener('visibilitychange', onVisibilityChange);
  if (document.hidden) setTimeout(end, 0, false);
  // An animation frame calls back before it is painted, and a timeout in it comes after that.
  else requestAnimationFrame(() => setTimeout(end, 0, true));
};
