/** Whether the screen is kept on. `unsupported`: the browser cannot, or not on this page. */
export type WakeLockState = 'on' | 'off' | 'unsupported';

/**
 * Keep the screen on while the page is visible. The browser ends the lock when it is hidden.
 *
 * It needs https or localhost. Returns a function that ends it.
 */
export function keepScreenOn(onChange: (state: WakeLockState) => void): () => void {
  let lock: WakeLockSentinel | null = null;
  let isStopped = false;

  async function request(): Promise<void> {
    if (!('wakeLock' in navigator)) {
      onChange('unsupported');
      return;
    }
    if (document.visibilityState !== 'visible' || isStopped || lock !== null) return;
    try {
      const acquired = await navigator.wakeLock.request('screen');
      if (isStopped) {
        void acquired.release();
        return;
      }
      lock = acquired;
      lock.addEventListener('release', () => {
        lock = null;
        onChange('off');
      });
      onChange('on');
    } catch {
      // The battery is low, or the browser forbids it.
      onChange('unsupported');
    }
  }

  const onVisible = (): void => {
    void request();
  };
  document.addEventListener('visibilitychange', onVisible);
  void request();
  return () => {
    isStopped = true;
    document.removeEventListener('visibilitychange', onVisible);
    void lock?.release();
  };
}
