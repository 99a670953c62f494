/** One page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** What leads to the next page; null on the last. */
  readonly next: string | null;
}

/** A newest page with older ones behind it, each thing once. */
export function joined<T>(newest: readonly T[], older: readonly T[], key: (item: T) => string): readonly T[] {
  if (older.length === 0) return newest;
  const known: ReadonlySet<string> = new Set(newest.map(key));
  return [...newest, ...older.filter((item) => !known.has(key(item)))];
}

/** What of a list stands behind a newer beginning of it; null where the two do not meet. */
export function behind<T>(
  list: readonly T[],
  newest: readonly T[],
  key: (item: T) => string,
): readonly T[] | null {
  const known: ReadonlySet<string> = new Set(newest.map(key));
  const last = list.findLastIndex((item) => known.has(key(item)));
  return last < 0 ? null : list.slice(last + 1);
}

/** The address of a page: what is asked for, how much at once, and where to go on. */
export function pageAddress(path: string, filter: string, limit: number, cursor: string | null): string {
  const query = new URLSearchParams(filter);
  query.set('limit', String(limit));
  if (cursor !== null) query.set('cursor', cursor);
  return `${path}?${query.toString()}`;
}
