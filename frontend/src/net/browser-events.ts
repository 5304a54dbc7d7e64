/** Call when the browser gains or loses the network. Returns how to stop. */
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

/** Call when the network or the page may have come back. Returns how to stop. */
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

/** Call when the browser shows this page again as it was left, by Back or Forward. */
export function onBackForwardCache(callback: () => void): () => void {
  const onPageShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) callback();
  };
  window.addEventListener('pageshow', onPageShow);
  return () => {
    window.removeEventListener('pageshow', onPageShow);
  };
}
