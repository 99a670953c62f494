import { expect, it } from 'vitest';
import { isNarrowed, readNarrowing, transitionFilter } from './narrow';
import { shares, standing } from './standing';
import type { Breakdown, TransitionSummary } from './types';

const counts = { total: 8, succeeded: 0, failed: 0, inProgress: 0, new: 0, unsupported: 0 };

const transition = (
  status: TransitionSummary['status'],
  more: Partial<TransitionSummary['counts']>,
  breakdown: Partial<Breakdown> = { failed: more.failed ?? 0, refused: more.unsupported ?? 0 },
) => ({ status, counts: { ...counts, ...more }, breakdown }) as TransitionSummary;

/** One that has ended, as the counts and the breakdown tell it: to the counts all that did not happen has failed. */
const ended = (breakdown: Partial<Breakdown>, unsupported = 0): TransitionSummary => {
  const { verified = 0, already = 0, unproven = 0 } = breakdown;
  const succeeded = verified + already + unproven;
  const failed = counts.total - succeeded - unsupported;
  return transition('completed', { succeeded, failed, unsupported }, breakdown);
};

it.each([
  [transition('in-progress', { new: 8 }), 'waiting'],
  [transition('in-progress', { inProgress: 1, new: 7 }), 'running'],
  [transition('in-progress', { succeeded: 7, new: 1 }), 'running'],
  [transition('completed', { succeeded: 8 }), 'done'],
  [transition('completed', { succeeded: 7, unsupported: 1 }), 'partly failed'],
  [transition('completed', { failed: 8 }), 'failed'],
  [transition('abort-signaled', { inProgress: 8 }), 'being cancelled'],
  [transition('aborted', { failed: 8 }, { cancelled: 8 }), 'cancelled'],
  [ended({ verified: 7, already: 1 }), 'done'],
  [ended({ failed: 3, timedOut: 4, refused: 1 }), 'failed'],
  [ended({ verified: 6, refused: 1, cancelled: 1 }), 'partly failed'],
  [ended({ cancelled: 8 }), 'cancelled'],
  [ended({ verified: 3, cancelled: 5 }), 'partly cancelled'],
  [ended({ superseded: 8 }), 'superseded'],
  [ended({ verified: 7, uncertain: 1 }), 'partly uncertain'],
])('%j is told in a word', (given, word) => {
  expect(standing(given).text).toBe(word);
});

it('the bar has what there is, in order', () => {
  const told = (of: TransitionSummary) => shares(of).map(({ name, count }) => `${count} ${name}`);
  expect(told(transition('in-progress', { failed: 1, succeeded: 5, new: 2 }))).toEqual([
    '5 succeeded',
    '1 failed',
    '2 waiting',
  ]);
  const breakdown = { verified: 1, failed: 1, refused: 2, uncertain: 1, cancelled: 2, superseded: 1 };
  expect(told(ended(breakdown, 1))).toEqual([
    '1 succeeded',
    '2 failed',
    '1 uncertain',
    '2 cancelled',
    '1 superseded',
    '1 cannot do it',
  ]);
});

it('the address narrows, and what it does not understand does not', () => {
  const by = readNarrowing({ status: 'ended', operation: 'explode', by: ' alice ', component: '' });
  expect(by).toEqual({ status: 'ended', operation: '', by: 'alice', component: '' });
  expect(isNarrowed(readNarrowing({ status: 'what' }))).toBe(false);
  expect(transitionFilter(by, 'ended')).toBe('status=ended&requestedBy=alice');
});
