import { COLUMNS, type Column, type Filter, type Span } from './route-rows';

const OUTCOMES: readonly Filter['outcome'][] = ['all', 'errors', 'refused', 'aborted'];

/** What the table of routes shows. The address has it, so a link leads to the same view. */
export class RequestsView {
  span = $state<Span>('total');
  column = $state<Column>('share');
  isReversed = $state(false);
  outcome = $state<Filter['outcome']>('all');
  slowerThan = $state(0);
  text = $state('');
  /** The key of the row whose detail is open. */
  openKey = $state<string | null>(null);

  constructor(search: string) {
    const wanted = new URLSearchParams(search);
    if (wanted.get('window') === '1m') this.span = 'minute';
    this.column = COLUMNS.find(({ name }) => name === wanted.get('sort'))?.name ?? 'share';
    this.isReversed = wanted.get('order') === 'reversed';
    this.outcome = OUTCOMES.find((outcome) => outcome === wanted.get('show')) ?? 'all';
    this.slowerThan = Math.max(0, Number(wanted.get('slower')) || 0);
    this.text = wanted.get('text') ?? '';
    this.openKey = wanted.get('route');
  }

  get filter(): Filter {
    return { outcome: this.outcome, slowerThan: this.slowerThan, text: this.text };
  }

  get isFiltered(): boolean {
    return this.outcome !== 'all' || this.slowerThan > 0 || this.text.trim() !== '';
  }

  /** The part of the address after the path. */
  get search(): string {
    const wanted = new URLSearchParams();
    if (this.span === 'minute') wanted.set('window', '1m');
    if (this.column !== 'share') wanted.set('sort', this.column);
    if (this.isReversed) wanted.set('order', 'reversed');
    if (this.outcome !== 'all') wanted.set('show', this.outcome);
    if (this.slowerThan > 0) wanted.set('slower', String(this.slowerThan));
    if (this.text.trim() !== '') wanted.set('text', this.text.trim());
    if (this.openKey !== null) wanted.set('route', this.openKey);
    return wanted.size > 0 ? `?${wanted.toString()}` : '';
  }

  /** Sort by a column; by the same one again in the other order. */
  sortBy(column: Column): void {
    this.isReversed = this.column === column && !this.isReversed;
    this.column = column;
  }

  toggle(key: string): void {
    this.openKey = this.openKey === key ? null : key;
  }

  clearFilter(): void {
    this.outcome = 'all';
    this.slowerThan = 0;
    this.text = '';
  }
}
