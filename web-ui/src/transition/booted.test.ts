import { expect, it } from 'vitest';
import { hasBooted } from './booted';

it('only a reading after the proof shows that the new system has started', () => {
  const proven = new Map([['x0', Date.parse('2026-11-21T10:00:00Z')]]);
  const read = (id: string, booted: boolean | null, observedAt: string) =>
    hasBooted({ id, booted, observedAt }, proven);
  expect(read('x0', true, '2026-11-21T10:00:30Z')).toBe(true);
  expect(read('x0', true, '2026-11-21T09:59:30Z')).toBe(false);
  expect(read('x0', null, '2026-11-21T10:00:30Z')).toBe(false);
  expect(read('x1', true, '2026-11-21T10:00:30Z')).toBe(false);
});
