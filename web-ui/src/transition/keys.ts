import type { Key } from '../tasks/keyboard';

/** The keys of the view of a transition. */
export const KEYS: readonly Key[] = [
  { keys: 'c', does: 'cancel the rest: first says what that leaves' },
  { keys: 'p', does: 'pause what has not been sent, or let it go on' },
  { keys: 'r', does: 'try all that failed again: asks first' },
  { keys: '1 … 4', does: 'components, timeline, events, request' },
];
