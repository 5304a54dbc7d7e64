/** The geometry of heat maps: durations on a logarithmic scale over time. Pure. */
import type { HeatMap } from '../../stores/window-series';
import type { Scale } from './chart-geometry';

/** A cell has one of these levels. Each is darker and fills more of its row than the one before. */
export const LEVELS = 5;

/** The part of a row that a cell of each level fills. */
const HEIGHTS = [0.4, 0.55, 0.7, 0.85, 1] as const;
/** What a map without durations shows, in ms. */
const EMPTY_RANGE = { bottom: 1, top: 1000 };

/** The lower and the upper bound of a row in ms. The first and the last row are as high as others. */
export function rowBounds(
  row: number,
  bounds: readonly number[],
): { lower: number; upper: number } {
  const first = bounds[0] ?? 1;
  const last = bounds.at(-1) ?? 1;
  return { lower: bounds[row - 1] ?? first / 1.6, upper: bounds[row] ?? last * 1.6 };
}

/** The number of durations of a point in a row. */
export function countAt(cell: readonly number[], row: number): number {
  const [first] = cell;
  return first === undefined || row < first ? 0 : (cell[row - first + 1] ?? 0);
}

/** The number of durations in each row, over all points. */
export function rowSums({ cells, bounds }: HeatMap): number[] {
  const sums = Array.from({ length: bounds.length + 1 }, () => 0);
  for (const cell of cells) {
    for (let index = 1; index < cell.length; index += 1) {
      const row = (cell[0] ?? 0) + index - 1;
      sums[row] = (sums[row] ?? 0) + (cell[index] ?? 0);
    }
  }
  return sums;
}

/** The number of durations of each point. */
export function pointSums({ cells }: HeatMap): number[] {
  return cells.map((cell) => cell.slice(1).reduce((sum, count) => sum + count, 0));
}

/** The axis of a heat map in ms: from power of 10 to power of 10, so that it seldom changes. */
export function heatRange(heat: HeatMap): { bottom: number; top: number } {
  const filled = rowSums(heat).flatMap((count, row) => (count > 0 ? [row] : []));
  const [lowest, highest] = [filled[0], filled.at(-1)];
  if (lowest === undefined || highest === undefined) return EMPTY_RANGE;
  const bottom = 10 ** Math.floor(Math.log10(rowBounds(lowest, heat.bounds).lower) + 1e-9);
  const top = 10 ** Math.ceil(Math.log10(rowBounds(highest, heat.bounds).upper) - 1e-9);
  return { bottom, top: Math.max(top, bottom * 100) };
}

/** The highest count of a cell. */
export function highestCount({ cells }: HeatMap): number {
  let most = 0;
  for (const cell of cells)
    for (let index = 1; index < cell.length; index += 1) most = Math.max(most, cell[index] ?? 0);
  return most;
}

/** The lowest count of each level: few durations beside many are still seen. */
export function levelStarts(most: number): number[] {
  const starts: number[] = [];
  for (let level = 0; level < LEVELS; level += 1) {
    const start = Math.max(1, Math.round(most ** (level / LEVELS)));
    if (start <= most && start > (starts.at(-1) ?? 0)) starts.push(start);
  }
  return starts;
}

/** The level of a count, from 0: the look of a cell. The highest level is always in use. */
export function levelOf(count: number, starts: readonly number[]): number {
  const index = starts.findLastIndex((start) => count >= start);
  return LEVELS - starts.length + Math.max(0, index);
}

/** One path for each level: the cells of all points that have it. */
export function heatPaths(heat: HeatMap, starts: readonly number[], x: Scale, y: Scale): string[] {
  const paths = Array.from({ length: LEVELS }, () => '');
  heat.cells.forEach((cell, point) => {
    const time = heat.times[point] ?? 0;
    const left = round(x(time - heat.step / 2));
    const width = round(Math.max(0.8, x(time + heat.step / 2) - left - 0.3));
    for (let index = 1; index < cell.length; index += 1) {
      const count = cell[index] ?? 0;
      if (count === 0) continue;
      const level = levelOf(count, starts);
      const { lower, upper } = rowBounds((cell[0] ?? 0) + index - 1, heat.bounds);
      const [below, above] = [y(lower), y(upper)];
      const height = (below - above) * (HEIGHTS[level] ?? 1);
      const top = round((below + above - height) / 2);
      paths[level] += `M${left} ${top}h${width}v${round(height)}h${-width}Z`;
    }
  });
  return paths;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
