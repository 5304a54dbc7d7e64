import type { OverviewRow } from '../protocol/frames';
import { listTopic } from '../protocol/topic';
import type { Creation } from './edit';
import type { OutboxEntry, Outbox } from './outbox';
import { emptyReplica, type Replica } from './replica';

type CreationEntry = OutboxEntry & { edit: Creation };

const isCreation = (entry: OutboxEntry): entry is CreationEntry => entry.edit.type === 'create';

/** The creations that the replicas do not contain, oldest first. */
export function creationsIn(outbox: Outbox): CreationEntry[] {
  return outbox.filter(isCreation);
}

/** The lists that the server does not have yet. */
export function uncreatedLists(outbox: Outbox): ReadonlySet<string> {
  const unsaved = creationsIn(outbox).filter(({ state }) => state !== 'acknowledged');
  return new Set(unsaved.map(({ edit }) => edit.list));
}

/** The row of the overview until the server sends its own. */
export function createdRow({ edit, createdAt }: CreationEntry): OverviewRow {
  const { list: id, name, owner } = edit;
  const time = new Date(createdAt).toISOString();
  return {
    id,
    name,
    last_interaction: time,
    created_at: time,
    created_by: owner,
    members: [{ ...owner, role: 'owner' }],
    epoch: '',
    version: 0,
    digest: '',
    items_open: 0,
    items_total: 0,
  };
}

/** The replica until the first snapshot: the list without a position and without items. */
export function createdReplica(entry: CreationEntry): Replica {
  const { id, name, last_interaction, created_at, created_by, members } = createdRow(entry);
  return {
    ...emptyReplica(listTopic(id)),
    list: { id, name, last_interaction, created_at, created_by, members, ...entry.edit.settings },
  };
}
