/** The hue of a user's colour: the same on every screen, and far apart for consecutive ids. */
export function hueOf(userId: number): number {
  return Math.round((userId * 137.508) % 360);
}

/** One or two initials of a name. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase();
}
