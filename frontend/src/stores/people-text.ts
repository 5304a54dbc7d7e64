import * as m from '#messages';
import type { PresentPerson } from '../protocol/frames';
import type { Progress } from './trip-progress';

/** What is known of the list, to say what a person does there. */
export interface PersonContext {
  /** The progress of the person's trip. */
  progress: Progress | null;
  /** The name of the item that the person edits. */
  editedName: string | null;
  /** In how many minutes the person leaves. */
  minutes: number | null;
}

const DEVICES = { phone: m.people_phone, tablet: m.people_tablet, computer: m.people_computer };

/** What a person does, such as "shopping, 4 of 9, at Corner shop, takes Dairy, phone". */
export function personText(person: PresentPerson, context: PersonContext): string {
  const { progress, editedName, minutes } = context;
  const { trip, aisles, device } = person;
  return [
    stateText(person, progress),
    trip?.shop && m.people_shop({ shop: trip.shop }),
    aisles && m.people_takes({ aisles: aisles.join(', ') }),
    editedName !== null && m.people_edits({ name: editedName }),
    minutes !== null && (minutes > 0 ? m.people_leaves({ minutes }) : m.people_leaves_now()),
    device && DEVICES[device](),
  ]
    .filter((part) => part)
    .join(', ');
}

function stateText({ state }: PresentPerson, progress: Progress | null): string {
  if (state === 'away') return m.people_away();
  if (state === 'viewing') return m.people_looking();
  if (progress === null || progress.total === 0) return m.people_shopping();
  return m.people_shopping_progress({ ...progress });
}
