export const CHROMIUM_ARGUMENTS: string[];

export function findChromium(environment?: Record<string, string | undefined>): string | null;
