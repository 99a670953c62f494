import type { Tone, Word } from '../words';
import { misses } from '../transition/summary';
import type { Breakdown, TransitionSummary } from './types';

/** A share of the bar of a transition. */
export interface Share {
  readonly name: string;
  readonly tone: Tone;
  readonly count: number;
}

type Told = Pick<TransitionSummary, 'counts' | 'breakdown'>;

/** How the components of a transition stand, in the order of the bar; what there is none of is left out. */
export function shares({ counts, breakdown }: Told): Share[] {
  const all: Share[] = [
    { name: 'succeeded', tone: 'good', count: counts.succeeded },
    ...missed(counts.unsupported, breakdown),
    { name: 'cannot do it', tone: 'doubt', count: counts.unsupported },
    { name: 'being worked on', tone: 'moving', count: counts.inProgress },
    { name: 'waiting', tone: 'waiting', count: counts.new },
  ];
  return all.filter(({ count }) => count > 0);
}

/** What the counts take for failed: not everything that did not happen went wrong. What cannot be done is told apart. */
function missed(unsupported: number, breakdown: Breakdown): Share[] {
  const { failed, uncertain, cancelled, superseded } = misses(breakdown);
  return [
    { name: 'failed', tone: 'bad', count: failed - unsupported },
    { name: 'uncertain', tone: 'doubt', count: uncertain },
    { name: 'cancelled', tone: 'quiet', count: cancelled },
    { name: 'superseded', tone: 'quiet', count: superseded },
  ];
}

/** How a transition stands, in a word. One whose every component failed has ended, and not well. */
export function standing(transition: TransitionSummary): Word {
  const { status, counts, cancelAskedAt } = transition;
  if (status === 'completed') return ending(transition);
  if (status === 'aborted') return { text: 'cancelled', glyph: 'slash', tone: 'quiet' };
  if (status === 'abort-signaled' || cancelAskedAt != null)
    return { text: 'being cancelled', glyph: 'slash', tone: 'waiting' };
  return counts.inProgress === 0 && counts.succeeded + counts.failed === 0
    ? { text: 'waiting', glyph: 'clock', tone: 'waiting' }
    : { text: 'running', glyph: 'dots', tone: 'moving' };
}

/** How one has ended: by the worst that became of a component, and whether it became of all. */
function ending({ counts, breakdown }: Told): Word {
  const said = (name: string, count: number, whole: Word): Word | null => {
    if (count === 0) return null;
    return count === counts.total
      ? whole
      : { text: `partly ${name}`, glyph: 'alert', tone: whole.tone === 'bad' ? 'bad' : 'waiting' };
  };
  const { failed, uncertain, cancelled, superseded } = misses(breakdown);
  return (
    said('failed', failed, { text: 'failed', glyph: 'cross', tone: 'bad' }) ??
    said('uncertain', uncertain, { text: 'uncertain', glyph: 'question', tone: 'doubt' }) ??
    said('cancelled', cancelled, { text: 'cancelled', glyph: 'slash', tone: 'quiet' }) ??
    said('superseded', superseded, { text: 'superseded', glyph: 'arrow', tone: 'quiet' }) ?? {
      text: 'done',
      glyph: 'check',
      tone: 'good',
    }
  );
}
