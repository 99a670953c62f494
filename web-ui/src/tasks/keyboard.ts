import { singleKeys } from '../help/single.svelte';

/** A key of a view and what it does, for the help. */
export interface Key {
  readonly keys: string;
  readonly does: string;
}

/** Whether a key press is meant for the view: nothing is written, no dialog is open, no modifier is held, and the key is not turned off. */
export function isForView(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (!singleKeys.take(event.key)) return false;
  const target = event.target;
  if (target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]'))
    return false;
  return document.querySelector('dialog[open]') === null;
}
