import type { HttpRequest } from '../net/http';
import type { Problem } from '../net/problem';
import type { OutboxEntry } from './outbox';

/** The request that sends an edit. */
export function requestOf({ edit, op }: OutboxEntry): HttpRequest {
  const list = `shopping-lists/${edit.list}/`;
  switch (edit.type) {
    case 'create': {
      const body = { id: edit.list, name: edit.name, ...edit.settings };
      return { method: 'POST', path: 'shopping-lists/', body, op };
    }
    case 'rename':
      return { method: 'PATCH', path: list, body: { name: edit.name }, op };
    case 'add':
      return {
        method: 'POST',
        path: `${list}shopping-items/`,
        body: { id: edit.item, ...edit.fields },
        op,
      };
    case 'change':
      return {
        method: 'PATCH',
        path: `${list}shopping-items/${edit.item}/`,
        body: edit.fields,
        op,
      };
    case 'add items':
      return {
        method: 'POST',
        path: `${list}shopping-items/bulk/`,
        body: { items: edit.newItems.map(({ item, fields }) => ({ id: item, ...fields })) },
        op,
      };
    case 'untick items':
    case 'remove items': {
      const verb = edit.type === 'untick items' ? 'untick' : 'remove';
      const path = `${list}shopping-items/${verb}/`;
      // Without ids: one item that was removed meanwhile would make the server refuse the request.
      return { method: 'POST', path, body: { purchased: true }, op };
    }
    case 'remove chosen': {
      const body = { items: edit.items };
      return { method: 'POST', path: `${list}shopping-items/remove/`, body, op };
    }
    case 'edit items': {
      const { items, fields } = edit;
      return { method: 'POST', path: `${list}shopping-items/edit/`, body: { items, fields }, op };
    }
    case 'move items':
    case 'move to list': {
      const place = edit.type === 'move items' ? { after: edit.after } : { list: edit.target };
      const body = { items: edit.items, ...place };
      return { method: 'POST', path: `${list}shopping-items/move/`, body, op };
    }
    case 'copy items': {
      const path = `shopping-lists/${edit.source}/shopping-items/copy/`;
      return { method: 'POST', path, body: { items: edit.items, list: edit.list }, op };
    }
    case 'settings':
      return { method: 'PATCH', path: list, body: edit.patch, op };
    case 'rename aisle':
    case 'rename shop': {
      const names = edit.type === 'rename shop' ? 'shops' : 'aisles';
      const body = { from: edit.from, to: edit.to };
      return { method: 'POST', path: `${list}${names}/rename/`, body, op };
    }
    case 'undo': {
      const path = `${list}activities/${edit.version ?? 0}/undo/`;
      return { method: 'POST', path, body: { op: edit.undoneOp }, op };
    }
    case 'remove':
      return { method: 'DELETE', path: `${list}shopping-items/${edit.item}/`, op };
    case 'restore': {
      const { name, quantity, note, category, purchased, shops = [], not_found_at } = edit.row;
      const details = { name, quantity, note, category, purchased, shops };
      const body = { ...details, not_found: Boolean(not_found_at), after: edit.after };
      return { method: 'PUT', path: `${list}shopping-items/${edit.item}/`, body, op };
    }
  }
}

/**
 * Whether a refusal means that the server has carried out an edit before.
 *
 * An item that does not exist any more need not be removed. An id that this browser chose is only
 * taken by the edit itself: the server forgets after 30 days that it has responded to it.
 */
export function isAlreadyApplied({ edit }: OutboxEntry, { status, code }: Problem): boolean {
  if (edit.type === 'remove') return status === 404;
  return code === 'id_taken' && ['create', 'add', 'add items'].includes(edit.type);
}
