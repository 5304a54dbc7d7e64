/** The sections of the dashboard, in the order of the navigation. Each has its own address. */
export const SECTIONS = [
  { name: 'now', label: 'Now', path: '/dashboard/' },
  { name: 'delivery', label: 'Delivery', path: '/dashboard/delivery/' },
  { name: 'signals', label: 'Signals', path: '/dashboard/signals/' },
  { name: 'requests', label: 'Requests', path: '/dashboard/requests/', forStaff: true },
  { name: 'lists', label: 'Lists', path: '/dashboard/lists/' },
  { name: 'machine', label: 'Machine', path: '/dashboard/machine/', forStaff: true },
  { name: 'doctor', label: 'Doctor', path: '/dashboard/doctor/' },
] as const;

export type SectionName = (typeof SECTIONS)[number]['name'];

export function sectionOfPath(path: string): SectionName {
  path = path.replace(/\?.*/, '');
  const withSlash = path.endsWith('/') ? path : `${path}/`;
  return SECTIONS.find((section) => section.path === withSlash)?.name ?? 'now';
}

/** The section that the address bar names. */
export class Section {
  name = $state<SectionName>(sectionOfPath(location.pathname));
  /** What the address had after its path when this section was opened, or by Back and Forward. */
  search = $state(location.search);

  /** `isStaff` tells whether the user is staff. */
  constructor(private readonly isStaff: () => boolean) {}

  /** The sections that the user can open. */
  get all(): (typeof SECTIONS)[number][] {
    return SECTIONS.filter((section) => this.isStaff() || !('forStaff' in section));
  }

  /** The address of a section, null if the user cannot open it. */
  pathOf(name: string): string | null {
    return this.all.find((section) => section.name === name)?.path ?? null;
  }

  start(): () => void {
    const onPopState = (): void => {
      this.name = sectionOfPath(location.pathname);
      this.search = location.search;
    };
    addEventListener('popstate', onPopState);
    return () => {
      removeEventListener('popstate', onPopState);
    };
  }

  /** Follow a link here. A click with a modifier opens a tab or a window, as for any link. */
  follow(event: MouseEvent, path: string): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.open(path);
  }

  open(path: string): void {
    const name = sectionOfPath(path);
    // The section that is shown keeps its window and its filters. In Lists, its address leads
    // from one list back to all of them.
    if (path !== location.pathname || name === 'lists') history.pushState(null, '', path);
    this.name = name;
    this.search = location.search;
    scrollTo(0, 0);
  }
}
