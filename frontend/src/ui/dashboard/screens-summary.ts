import type { Sample } from '../../protocol/frames';
import { formatNumber } from '../number-format';

/** How many of the open lists show exactly what the database has. */
export function screensSummary({ screens, lagging }: Pick<Sample, 'screens' | 'lagging'>): {
  value: string;
  detail: string;
  tone: 'plain' | 'warn';
} {
  const { identical = 0, behind = 0, different = 0 } = screens;
  const total = identical + behind + different;
  const deviations = [
    ...(behind > 0 ? [`${formatNumber(behind)} behind`] : []),
    ...(different > 0 ? [`${formatNumber(different)} different`] : []),
  ];
  const state =
    deviations.length > 0
      ? deviations
      : [total > 0 ? 'identical to the database' : 'no list is open'];
  // Non-breaking spaces keep the number beside its noun.
  const slow = `${formatNumber(lagging)}\u00a0slow\u00a0${lagging === 1 ? 'reader' : 'readers'}`;
  return {
    value: `${formatNumber(identical)} of ${formatNumber(total)}`,
    detail: [...state, slow].join(' · '),
    tone: different > 0 || lagging > 0 ? 'warn' : 'plain',
  };
}
