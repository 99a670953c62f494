import { expect, it } from 'vitest';
import { clock, span } from './age';

it.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 d'],
])('%i ms are %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});

it('a moment of another day has its date', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5);
  expect(clock(at.toISOString(), at)).toBe('03:04:05');
  expect(clock(at.toISOString(), new Date(2026, 0, 3))).toBe('2026-01-02 03:04:05');
  expect(clock('never')).toBe('never');
});
