import { describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ChartView } from '../../src/stores/chart-view.svelte';
import Chart from '../../src/ui/dashboard/Chart.svelte';
import { render } from './render';

const TIMES = [1000, 1001, 1002, 1003, 1004, 1005];
const series = [
  {
    key: 'started',
    label: 'Started',
    values: [0, 4, null, 2, 8, 1],
    shape: 'bars',
    tone: 'accent',
  },
  { key: 'mean', label: 'Mean', values: [1, 2, 2, 2, 3, 3], shape: 'line', tone: 'second' },
] as const;

function renderChart(): { view: ChartView; element: HTMLElement } {
  const view = new ChartView();
  view.register(TIMES);
  const element = render(Chart, {
    title: 'Requests',
    about: 'The requests of each second.',
    axis: { start: 1000, end: 1005, step: 1 },
    times: TIMES,
    series,
    summary: 'Most were 8.',
    format: (value: number | null) => (value === null ? '–' : String(value)),
    view,
  });
  return { view, element };
}

describe('a chart', () => {
  const chart = page.getByRole('group', { name: 'Chart: Requests' });

  it('draws a column of each value, and none of 0 and of what is not known', async () => {
    const { element } = renderChart();
    await expect.element(chart).toBeVisible();
    const bars = (): string => element.querySelector('path.solid.accent')?.getAttribute('d') ?? '';
    await expect.poll(() => bars().match(/M/g)?.length).toBe(4);
    expect(element.querySelector('path.line.second')?.getAttribute('d')).toContain('L');
  });

  it('shows the values under the pointer, and forgets them when it leaves', async () => {
    const { view } = renderChart();
    const { width } = chart.element().getBoundingClientRect();
    await userEvent.hover(chart, { position: { x: 46 + (width - 56) * 0.8, y: 60 } });
    await expect.element(chart).toHaveTextContent(/Started 8 ?Mean 3/);
    expect(view.time).toBe(1004);
    await userEvent.unhover(chart);
    await expect.element(chart).not.toHaveTextContent(/Started 8/);
  });

  it('is a table of all values when the user wants one', async () => {
    renderChart();
    await userEvent.click(page.getByRole('button', { name: 'Table' }));
    const rows = page
      .getByRole('row')
      .elements()
      .map(({ textContent }) => textContent.trim());
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatch(/Time\s*Started\s*Mean/);
    expect(rows[4]).toMatch(/–\s*2$/);
  });
});
