import type { OutboxEntry } from '../sync/outbox';

/** What an edit does, to put before its label: "tick", "rename the list to". */
export function actionOf({ edit }: OutboxEntry): string {
  switch (edit.type) {
    case 'add':
    case 'add items':
      return 'add';
    case 'restore':
    case 'untick items':
      return 'put back';
    case 'undo':
      return 'undo the change of';
    case 'remove items':
    case 'remove':
      return 'remove';
    case 'rename':
      return 'rename the list to';
    case 'change':
      if (edit.fields.purchased === undefined) return 'change';
      return edit.fields.purchased ? 'tick' : 'untick';
  }
}
