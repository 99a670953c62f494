import type { Transition } from '../api/types';
import type { Word } from '../words';

const STATUS: Readonly<Record<string, Word>> = {
  new: { text: 'new', glyph: 'clock', tone: 'waiting' },
  'in-progress': { text: 'in progress', glyph: 'dots', tone: 'moving' },
  completed: { text: 'completed', glyph: 'check', tone: 'good' },
  aborted: { text: 'cancelled', glyph: 'slash', tone: 'quiet' },
  'abort-signaled': { text: 'being cancelled', glyph: 'slash', tone: 'waiting' },
};

/** How many components of a transition did not come to be as asked, by what became of them. */
export function misses(breakdown: Partial<NonNullable<Transition['breakdown']>>) {
  const { failed = 0, timedOut = 0, refused = 0, uncertain = 0, cancelled = 0, superseded = 0 } = breakdown;
  return { failed: failed + timedOut + refused, uncertain, cancelled, superseded };
}

/** How a transition stands. One that is completed is not for that a success: what went otherwise is said. */
export function statusWord({
  status,
  breakdown,
}: {
  readonly status: string;
  readonly breakdown?: Partial<NonNullable<Transition['breakdown']>>;
}): Word {
  const word = STATUS[status] ?? { text: status, glyph: 'question', tone: 'quiet' };
  if (status !== 'completed' || breakdown === undefined) return word;
  const found = misses(breakdown);
  const told = Object.entries(found).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  if (told.length === 0) return word;
  return {
    text: `${word.text}, ${told.join(', ')}`,
    glyph: 'alert',
    tone: found.failed + found.uncertain > 0 ? 'bad' : 'waiting',
  };
}
