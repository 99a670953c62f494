// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, expect, it } from 'vitest';
import type { TransitionSummary } from '../transitions/types';
import History from './History.svelte';

afterEach(cleanup);

it('a transition of which everything failed does not read as completed', () => {
  const transition = {
    id: 't',
    operation: 'off',
    status: 'completed',
    requestedBy: 'alice',
    createdAt: '2026-01-02T03:04:05Z',
    counts: { total: 2, new: 0, inProgress: 0, failed: 2, succeeded: 0, unsupported: 0 },
    breakdown: { failed: 2 },
  } as TransitionSummary;
  const past = { events: [], transitions: [transition], last: null, pruned: false };
  const { container } = render(History, { props: { past } });
  expect(container.querySelector('tbody')?.textContent).toMatch(/failed/);
  expect(container.textContent).not.toContain('completed');
});
