/** A dialog of the whole app, which a key, a menu or a header opens. */
export class Overlay {
  open = $state<'find' | 'help' | null>(null);
}
