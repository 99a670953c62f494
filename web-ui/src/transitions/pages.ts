import type { Narrowing } from './narrow';
import type { TransitionSummary } from './types';

/** What was read: those that run first, then those that have ended, newest first. */
export interface Read {
  /** What it was narrowed by; another narrowing is another list. */
  readonly of: Narrowing;
  readonly open: readonly TransitionSummary[];
  readonly moreOpen: boolean;
  readonly ended: readonly TransitionSummary[];
  readonly next: string | null;
}

/** A newest page with older ones behind it, each transition once. */
export function joined(
  first: Pick<Read, 'open' | 'ended'>,
  older: readonly TransitionSummary[],
): readonly TransitionSummary[] {
  const known = new Set([...first.open, ...first.ended].map(({ id }) => id));
  return [...first.ended, ...older.filter(({ id }) => !known.has(id))];
}
