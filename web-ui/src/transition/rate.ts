import type { Member, Transition } from '../api/types';

/** Over how long the rate is taken. */
export const WINDOW_MS = 30_000;
/** Below this many ends in the window a rate says nothing. */
const FEWEST = 3;
/** A rate of the first moments is no rate yet. */
const SHORTEST_MS = 5_000;

/**
 * How many components have ended in a second, over the last 30 s; null while that says nothing. What was refused at once or was so
 * already took no time and does not count.
 */
export function rate(members: readonly Member[], createdAt: number, now: number): number | null {
  const from = Math.max(now - WINDOW_MS, createdAt);
  const span = now - from;
  if (span < SHORTEST_MS) return null;
  const ended = members.filter(
    ({ outcome, endedAt }) =>
      outcome != null &&
      outcome !== 'refused' &&
      outcome !== 'already' &&
      endedAt != null &&
      Date.parse(endedAt) > from,
  ).length;
  return ended < FEWEST ? null : (ended * 1_000) / span;
}

/** The rate as it is read: `40/s`, `2.5/s`, `12/min`. */
export function rateWords(perSecond: number): string {
  if (perSecond < 0.5) return `${Math.round(perSecond * 60)}/min`;
  return `${perSecond < 10 ? perSecond.toFixed(1).replace(/\.0$/, '') : Math.round(perSecond)}/s`;
}

/**
 * About how many ms are left by the estimate of the service; null when there is none, when its time has passed, or when all that is left
 * waits for a next try or for people, of which no rate tells anything.
 */
export function remaining(
  { estimate, endedAt, breakdown }: Pick<Transition, 'estimate' | 'endedAt' | 'breakdown'>,
  now: number,
): number | null {
  if (estimate == null || endedAt != null) return null;
  if (breakdown !== undefined && breakdown.queued + breakdown.running + breakdown.verifying === 0)
    return null;
  const left = Date.parse(estimate.endsAt) - now;
  return left > 0 ? left : null;
}
