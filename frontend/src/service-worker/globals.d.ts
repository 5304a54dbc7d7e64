import type { BuildFiles } from './cache-rules';

declare global {
  /** A text that differs for each build. */
  const __BUILD__: string;
  const __FILES__: BuildFiles;
}
