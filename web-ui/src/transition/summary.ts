import type { Transition } from '../api/types';
import type { Word } from '../words';

const STATUS: Readonly<Record<string, Word>> = {
  new: { text: 'new', glyph: 'clock', tone: 'waiting' },
  'in-progress': { text: 'in progress', glyph: 'dots', tone: 'moving' },
  completed: { text: 'completed', glyph: 'check', tone: 'good' },
  aborted: { text: 'cancelled', glyph: 'slash', tone: 'quiet' },
  'abort-signaled': { text: 'being cancelled', glyph: 'slash', tone: 'waiting' },
};

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
  const { failed = 0, timedOut = 0, refused = 0, uncertain = 0, cancelled = 0, superseded = 0 } = breakdown;
  const bad = failed + timedOut + refused;
  const told = [
    ...(bad > 0 ? [`${bad} failed`] : []),
    ...(uncertain > 0 ? [`${uncertain} uncertain`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(superseded > 0 ? [`${superseded} superseded`] : []),
  ];
  if (told.length === 0) return word;
  return {
    text: `${word.text}, ${told.join(', ')}`,
    glyph: 'alert',
    tone: bad + uncertain > 0 ? 'bad' : 'waiting',
  };
}
