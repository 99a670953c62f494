import { describe, expect, it } from 'vitest';
import { extend, KEPT, NOTHING } from './trace';

const reading = (second: number, ...meters: [string, number | null][]) => ({
  readAt: new Date(1_000_000 + second * 1_000).toISOString(),
  meters: meters.map(([id, watts]) => ({ id, name: id, watts })),
});

describe('the trace of the meters', () => {
  it('has one value of each meter for each reading', () => {
    let trace = extend(NOTHING, reading(0, ['a', 500]));
    trace = extend(trace, reading(2, ['a', 510], ['b', 13]));
    trace = extend(trace, reading(4, ['b', 14]));
    expect(trace.times).toEqual([1_000, 1_002, 1_004]);
    expect(trace.series.map(({ id, watts }) => [id, watts])).toEqual([
      ['a', [500, 510, null]],
      ['b', [null, 13, 14]],
    ]);
  });

  it('takes a reading once, and meters that show nothing not at all', () => {
    const once = extend(NOTHING, reading(0, ['a', 500], ['b', null]));
    expect(extend(once, reading(0, ['a', 500]))).toBe(once);
    expect(once.series).toHaveLength(1);
  });

  it('forgets what is too long ago', () => {
    let trace = NOTHING;
    for (let second = 0; second < KEPT + 10; second += 1)
      trace = extend(trace, reading(second, ['a', second]));
    expect(trace.times).toHaveLength(KEPT);
    expect(trace.series[0]?.watts[0]).toBe(10);
  });
});
