import type { Readings } from '../tasks/types';

/** How much of the past is kept: five minutes of one reading every two seconds. */
export const KEPT = 150;

/** What the meters of a component showed while somebody looked. */
export interface Trace {
  /** In seconds since the epoch. */
  readonly times: readonly number[];
  /** By meter, in watts; null where it showed nothing at that time. */
  readonly series: readonly {
    readonly id: string;
    readonly name: string;
    readonly watts: readonly (number | null)[];
  }[];
}

export const NOTHING: Trace = { times: [], series: [] };

/** The trace with one more reading. Meters that are new have shown nothing before; those that went away show nothing now. */
export function extend(trace: Trace, { readAt, meters }: Pick<Readings, 'readAt' | 'meters'>): Trace {
  const at = Date.parse(readAt) / 1_000;
  const before = trace.times.length;
  if (Number.isNaN(at) || (before > 0 && at <= (trace.times[before - 1] ?? 0))) return trace;
  const known = new Map(trace.series.map((series) => [series.id, series]));
  for (const { id, name, watts } of meters)
    if (watts != null && !known.has(id)) known.set(id, { id, name, watts: Array<null>(before).fill(null) });
  const now = new Map(meters.map(({ id, watts }) => [id, watts ?? null]));
  return {
    times: [...trace.times, at].slice(-KEPT),
    series: [...known.values()].map((series) => ({
      ...series,
      watts: [...series.watts, now.get(series.id) ?? null].slice(-KEPT),
    })),
  };
}
