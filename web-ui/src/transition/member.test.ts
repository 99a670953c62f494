import { expect, it } from 'vitest';
import type { Member } from '../api/types';
import { memberWords } from './member';

const told = (changes: Partial<Member>) =>
  memberWords({ name: 'x0', standing: 'succeeded', description: 'Transition confirmed, on', ...changes });

it('what became of a component is told in its own words, not in those of version 1', () => {
  const description = 'Aborted. Last status - Gathering data';
  expect(told({ outcome: 'verified' })).toBe('a reading after the send shows it');
  expect(told({ outcome: 'cancelled', standing: 'failed', description })).toBe(
    'cancelled before anything was sent',
  );
  expect(told({ standing: 'in-progress', phase: 'preparing', description: 'Gathering data' })).toBe('');
  expect(told({ outcome: 'something-new' })).toBe('Transition confirmed, on');
});

it('waits and failures are told with the time of day', () => {
  const at = '2026-01-02T03:04:05Z';
  const failure = { code: 'component.on-hold', text: `held until ${at}`, codes: [] };
  expect(told({ outcome: 'refused', failure })).toMatch(/^held until 2026-01-02 \d\d:\d\d:\d\d$/);
  const text = 'task 01a1fe3b-8d9b-72a0-9ef8-746b77a510ff in front of it';
  expect(told({ waitingFor: { what: 'turn', text } })).toBe('waits for an earlier task in front of it');
});
