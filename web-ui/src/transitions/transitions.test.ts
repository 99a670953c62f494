import { expect, it } from 'vitest';
import { isNarrowed, readNarrowing, transitionFilter } from './narrow';
import { shares, standing } from './standing';
import type { TransitionSummary } from './types';

const counts = { total: 8, succeeded: 0, failed: 0, inProgress: 0, new: 0, unsupported: 0 };

const transition = (status: TransitionSummary['status'], more: Partial<TransitionSummary['counts']>) =>
  ({ status, counts: { ...counts, ...more } }) as TransitionSummary;

it.each([
  [transition('in-progress', { new: 8 }), 'waiting'],
  [transition('in-progress', { inProgress: 1, new: 7 }), 'running'],
  [transition('in-progress', { succeeded: 7, new: 1 }), 'running'],
  [transition('completed', { succeeded: 8 }), 'done'],
  [transition('completed', { succeeded: 7, unsupported: 1 }), 'partly failed'],
  [transition('completed', { failed: 8 }), 'failed'],
  [transition('abort-signaled', { inProgress: 8 }), 'being cancelled'],
  [transition('aborted', { failed: 8 }), 'cancelled'],
])('%j is told in a word', (given, word) => {
  expect(standing(given).text).toBe(word);
});

it('the bar has what there is, in order', () => {
  const parts = shares({ ...counts, failed: 1, succeeded: 5, new: 2 });
  expect(parts.map(({ name, count }) => `${count} ${name}`)).toEqual([
    '5 succeeded',
    '1 failed',
    '2 waiting',
  ]);
});

it('the address narrows, and what it does not understand does not', () => {
  const by = readNarrowing({ status: 'ended', operation: 'explode', by: ' alice ', component: '' });
  expect(by).toEqual({ status: 'ended', operation: '', by: 'alice', component: '' });
  expect(isNarrowed(readNarrowing({ status: 'what' }))).toBe(false);
  expect(transitionFilter(by, 'ended')).toBe('status=ended&requestedBy=alice');
});
