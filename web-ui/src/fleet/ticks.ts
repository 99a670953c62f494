/** Sets of ticked components, which are replaced and never changed. */
export type Ticks = ReadonlySet<string>;

export const NO_TICKS: Ticks = new Set();

export function toggled(ticks: Ticks, id: string): Ticks {
  const next = new Set(ticks);
  if (!next.delete(id)) next.add(id);
  return next;
}

export const added = (ticks: Ticks, ids: readonly string[]): Ticks => new Set([...ticks, ...ids]);
