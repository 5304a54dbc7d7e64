const YEAR = 365 * 24 * 60 * 60;

/** The cookie that tells the server a choice of this browser for a year. Null deletes it. */
export function choiceCookie(name: string, value: string | null, protocol: string): string {
  const lifetime = value === null ? 0 : YEAR;
  const secure = protocol === 'https:' ? '; secure' : '';
  return `${name}=${value ?? ''}; path=/; max-age=${lifetime}; samesite=lax${secure}`;
}
