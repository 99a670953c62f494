import { matches, parseFilter, type Answers } from './filter';
import type { Row } from './frame';
import type { Target } from './selection.svelte';

/** What is done to the lines of components without switching them. */
export type Verb = 'cancel' | 'hold' | 'release';

/** What is asked about before it is done. */
export interface Acting {
  readonly verb: Verb;
  readonly target: Target;
  /** What it is about, in words. */
  readonly what: string;
}

/** The rows that it is about, as they are shown now. */
export function rowsOf(target: Target, rows: readonly Row[], answers: Answers): readonly Row[] {
  if ('filter' in target) {
    const parsed = parseFilter(target.filter, answers);
    return rows.filter((row) => matches(parsed, row));
  }
  const ids = new Set(target.components);
  return rows.filter((row) => ids.has(row.id));
}

export interface InFront {
  readonly operation: string;
  readonly by: string;
  readonly count: number;
}

/** The work in front of these components, by what it does and who asked, and how many tasks wait behind it. */
export function inFront(rows: readonly Row[]): {
  readonly work: readonly InFront[];
  readonly behind: number;
} {
  const found = new Map<string, InFront>();
  let behind = 0;
  for (const { operation, by, waiting } of rows) {
    behind += waiting;
    if (operation === null) continue;
    const who = by ?? 'somebody';
    const key = `${operation} ${who}`;
    found.set(key, { operation, by: who, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return { work: [...found.values()].sort((a, b) => b.count - a.count), behind };
}
