import { expect, it } from 'vitest';
import { duration } from './duration';

it('a duration is told in its two largest units', () => {
  const told = [0, 420, 2_000, 12_400, 72_000, 120_000, 7_500_000].map(duration);
  expect(told).toEqual(['0 s', '0.4 s', '2 s', '12 s', '1 min 12 s', '2 min', '2 h 5 min']);
});
