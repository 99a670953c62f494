import { expect, it } from 'vitest';
import { statusWord } from './summary';

it('a completed transition says what went otherwise', () => {
  const told = (breakdown: Record<string, number>) => statusWord({ status: 'completed', breakdown }).text;
  expect(told({ verified: 8, already: 2 })).toBe('completed');
  expect(told({ verified: 8, failed: 1, timedOut: 1 })).toBe('completed, 2 failed');
  expect(told({ failed: 1, cancelled: 5 })).toBe('completed, 1 failed, 5 cancelled');
  expect(statusWord({ status: 'completed', breakdown: { superseded: 3 } }).tone).toBe('waiting');
});

it('a status that this page does not know is shown as it is', () => {
  expect(statusWord({ status: 'brooding' }).text).toBe('brooding');
});
