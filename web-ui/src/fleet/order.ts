/** The order of the table. */
import type { Row } from './frame';

export const SORTED = ['id', 'power', 'work', 'by', 'waiting', 'age', 'flags'] as const;
export type Sorted = (typeof SORTED)[number];

export interface Sort {
  readonly by: Sorted;
  readonly down: boolean;
}

/** The order in which the service names the components. */
export const BY_ID: Sort = { by: 'id', down: false };

/** What asks for attention comes first. */
const STATES = ['unknown', 'powering-off', 'powering-on', 'paused', 'asleep', 'off', 'on'];

type Compare = (a: Row, b: Row) => number;

const text = (a: string | null, b: string | null): number => {
  if (a === b) return 0;
  // What has none comes last.
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
};

const COMPARE: Readonly<Record<Sorted, Compare>> = {
  id: (a, b) => a.index - b.index,
  power: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  work: (a, b) => text(a.phase, b.phase) || text(a.operation, b.operation),
  by: (a, b) => text(a.by, b.by),
  waiting: (a, b) => b.waiting - a.waiting,
  age: (a, b) => (a.observedAt ?? 0) - (b.observedAt ?? 0),
  flags: (a, b) =>
    b.flags.length - a.flags.length ||
    Number(a.available) - Number(b.available) ||
    text(a.flags[0] ?? null, b.flags[0] ?? null),
};

/** Compares by a column; equal ones stay in the order of ids, whichever way it runs. */
export function comparison({ by, down }: Sort): Compare {
  const compare = COMPARE[by];
  return (a, b) => (down ? -compare(a, b) : compare(a, b)) || a.index - b.index;
}

/** The sort after a click on the head of a column: up, down, and back to the order of ids. */
export function nextSort(sort: Sort, by: Sorted): Sort {
  if (sort.by !== by) return { by, down: false };
  if (!sort.down) return { by, down: true };
  return BY_ID;
}

/** The order of all rows: the index of each, from first to last. */
export function orderOf(rows: readonly Row[], sort: Sort): readonly number[] {
  return [...rows].sort(comparison(sort)).map((row) => row.index);
}

/** The rows in an order that was found before. A fleet that has grown since has its new rows at the end. */
export function arrange(rows: readonly Row[], order: readonly number[]): readonly Row[] {
  const arranged: Row[] = [];
  for (const index of order) {
    const row = rows[index];
    if (row !== undefined) arranged.push(row);
  }
  return arranged.concat(rows.slice(order.length));
}

/** Whether rows no longer stand in the order that the sort asks for. */
export function isOutdated(rows: readonly Row[], sort: Sort): boolean {
  const compare = comparison(sort);
  for (let place = 1; place < rows.length; place += 1) {
    const before = rows[place - 1];
    const here = rows[place];
    if (before !== undefined && here !== undefined && compare(before, here) > 0) return true;
  }
  return false;
}
