import type { Key } from '../tasks/keyboard';

/** The keys of the view of a component. */
export const KEYS: readonly Key[] = [
  { keys: 'o', does: 'plan to turn it on' },
  { keys: 'f', does: 'plan to turn it off' },
  { keys: 'r', does: 'plan to restart it' },
  { keys: 'c', does: 'cancel everything in its line: asks first' },
  { keys: 'l', does: 'show or hide the live reading' },
];
