import type { Tone, Word } from '../words';
import type { Counts, TransitionSummary } from './types';

/** A share of the bar of a transition. */
export interface Share {
  readonly name: string;
  readonly tone: Tone;
  readonly count: number;
}

/** How the components of a transition stand, in the order of the bar; what there is none of is left out. */
export function shares(counts: Counts): Share[] {
  const all: Share[] = [
    { name: 'succeeded', tone: 'good', count: counts.succeeded },
    { name: 'failed', tone: 'bad', count: counts.failed },
    { name: 'cannot do it', tone: 'doubt', count: counts.unsupported },
    { name: 'being worked on', tone: 'moving', count: counts.inProgress },
    { name: 'waiting', tone: 'waiting', count: counts.new },
  ];
  return all.filter(({ count }) => count > 0);
}

/** How a transition stands, in a word. One whose every component failed has ended, and not well. */
export function standing({ status, counts, cancelAskedAt }: TransitionSummary): Word {
  if (status === 'completed') {
    const bad = counts.failed + counts.unsupported;
    if (bad === 0) return { text: 'done', glyph: 'check', tone: 'good' };
    return bad === counts.total
      ? { text: 'failed', glyph: 'cross', tone: 'bad' }
      : { text: 'partly failed', glyph: 'alert', tone: 'bad' };
  }
  if (status === 'aborted') return { text: 'cancelled', glyph: 'slash', tone: 'quiet' };
  if (status === 'abort-signaled' || cancelAskedAt != null)
    return { text: 'being cancelled', glyph: 'slash', tone: 'waiting' };
  return counts.inProgress === 0 && counts.succeeded + counts.failed === 0
    ? { text: 'waiting', glyph: 'clock', tone: 'waiting' }
    : { text: 'running', glyph: 'dots', tone: 'moving' };
}
