/** Call back now, and whenever the browser goes online or offline. Returns a stop function. */
export function onOnlineChange(callback: (isOnline: boolean) => void): () => void {
  const onChange = (): void => {
    callback(navigator.onLine);
  };
  onChange();
  window.addEventListener('online', onChange);
  window.addEventListener('offline', onChange);
  return () => {
    window.removeEventListener('online', onChange);
    window.removeEventListener('offline', onChange);
  };
}

/** Call back when the network returns or the page is shown again. Returns a stop function. */
export function onResume(callback: () => void): () => void {
  const onVisibilityChange = (): void => {
    if (document.visibilityState === 'visible') callback();
  };
  window.addEventListener('online', callback);
  window.addEventListener('pageshow', callback);
  document.addEventListener('visibilitychange', onVisibilityChange);
  return () => {
    window.removeEventListener('online', callback);
    window.removeEventListener('pageshow', callback);
    document.removeEventListener('visibilitychange', onVisibilityChange);
  };
}

/** Call back when Back or Forward restores this page from the browser's memory. */
export function onBackForwardCache(callback: () => void): () => void {
  const onPageShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) callback();
  };
  window.addEventListener('pageshow', onPageShow);
  return () => {
    window.removeEventListener('pageshow', onPageShow);
  };
}

/** Call back when the page is hidden or left: it may not run again. Returns a stop function. */
export function onHide(callback: () => void): () => void {
  const onVisibilityChange = (): void => {
    if (document.visibilityState === 'hidden') callback();
  };
  window.addEventListener('pagehide', callback);
  document.addEventListener('visibilitychange', onVisibilityChange);
  return () => {
    window.removeEventListener('pagehide', callback);
    document.removeEventListener('visibilitychange', onVisibilityChange);
  };
}
