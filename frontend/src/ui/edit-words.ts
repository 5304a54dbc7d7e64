import * as m from '#messages';
import type { OutboxEntry } from '../sync/outbox';

/** What an edit that waits will do. */
export function textOfWaiting({ edit, label: name }: OutboxEntry): string {
  switch (edit.type) {
    case 'create':
      return m.waiting_create({ name });
    case 'add':
    case 'add items':
      return m.waiting_add({ name });
    case 'restore':
    case 'untick items':
      return m.waiting_put_back({ name });
    case 'undo':
      return m.waiting_undo({ name });
    case 'remove items':
    case 'remove chosen':
    case 'remove':
      return m.waiting_remove({ name });
    case 'rename':
      return m.waiting_rename({ name });
    case 'move items':
    case 'move to list':
      return m.waiting_move({ name });
    case 'copy items':
      return m.waiting_copy({ name });
    case 'rename aisle':
    case 'rename shop':
      return m.waiting_change({ name: edit.from });
    case 'settings':
    case 'edit items':
      return m.waiting_change({ name });
    case 'change':
      if (edit.fields.purchased === undefined) return m.waiting_change({ name });
      return edit.fields.purchased ? m.waiting_tick({ name }) : m.waiting_untick({ name });
  }
}
