import { describe, expect, it } from 'vitest';
import type { Member, Transition } from '../api/types';
import { rate, rateWords, remaining } from './rate';

const NOW = Date.parse('2026-11-21T10:01:00Z');
const ended = (secondsAgo: number, outcome = 'verified'): Member => ({
  name: 'x0',
  standing: 'succeeded',
  description: '',
  outcome,
  endedAt: new Date(NOW - secondsAgo * 1_000).toISOString(),
});
const times = (count: number, member: Member): Member[] => Array.from({ length: count }, () => member);

describe('the rate', () => {
  it('counts what ended in the last half minute', () => {
    const members = [...times(60, ended(10)), ...times(500, ended(31))];
    expect(rate(members, NOW - 60_000, NOW)).toBe(2);
  });

  it('is over the time since the beginning while that is shorter', () => {
    expect(rate(times(20, ended(3)), NOW - 10_000, NOW)).toBe(2);
  });

  it('is not told of too little', () => {
    expect(rate(times(2, ended(3)), NOW - 30_000, NOW)).toBeNull();
    expect(rate(times(50, ended(1)), NOW - 2_000, NOW)).toBeNull();
  });

  it('leaves out what took no time', () => {
    const members = [...times(40, ended(3, 'already')), ...times(40, ended(3, 'refused'))];
    expect(rate(members, NOW - 30_000, NOW)).toBeNull();
  });

  it('is told in the unit that fits', () => {
    expect([0.2, 2, 2.54, 40.4].map(rateWords)).toEqual(['12/min', '2/s', '2.5/s', '40/s']);
  });
});

describe('what is left', () => {
  const estimate = { perMinute: 60, secondsLeft: 90, endsAt: '2026-11-21T10:02:30Z' };

  it('is what the service estimates, less the time since', () => {
    expect(remaining({ estimate, endedAt: null }, NOW)).toBe(90_000);
    expect(remaining({ estimate, endedAt: null }, NOW + 60_000)).toBe(30_000);
  });

  it('is not told while all that is left waits for a next try', () => {
    const counts = { queued: 0, running: 0, verifying: 0, retrying: 24 } as NonNullable<
      Transition['breakdown']
    >;
    expect(remaining({ estimate, endedAt: null, breakdown: counts }, NOW)).toBeNull();
    expect(remaining({ estimate, endedAt: null, breakdown: { ...counts, queued: 1 } }, NOW)).toBe(90_000);
  });

  it('is not told without an estimate, after its time, or after the end', () => {
    expect(remaining({ estimate: null, endedAt: null }, NOW)).toBeNull();
    expect(remaining({ estimate, endedAt: null }, NOW + 91_000)).toBeNull();
    expect(remaining({ estimate, endedAt: '2026-11-21T10:00:59Z' }, NOW)).toBeNull();
  });
});
