/** Call when the browser gains or loses the network. Returns how to stop. */
export function onNetwork(run: (online: boolean) => void): () => void {
  const tell = (): void => {
    run(navigator.onLine);
  };
  tell();
  window.addEventListener('online', tell);
  window.addEventListener('offline', tell);
  return () => {
    window.removeEventListener('online', tell);
    window.removeEventListener('offline', tell);
  };
}

/** Call when the network or the page may have come back. Returns how to stop. */
export function onWake(run: () => void): () => void {
  const visible = (): void => {
    if (document.visibilityState === 'visible') run();
  };
  window.addEventListener('online', run);
  window.addEventListener('pageshow', run);
  document.addEventListener('visibilitychange', visible);
  return () => {
    window.removeEventListener('online', run);
    window.removeEventListener('pageshow', run);
    document.removeEventListener('visibilitychange', visible);
  };
}

/** Call when the browser shows this page again as it was left, by Back or Forward. */
export function onRestored(run: () => void): () => void {
  const shown = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) run();
  };
  window.addEventListener('pageshow', shown);
  return () => {
    window.removeEventListener('pageshow', shown);
  };
}
