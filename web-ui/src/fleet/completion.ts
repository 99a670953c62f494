/** What can be written next in the filter: fields, then the values that the fleet has now, with how many components have each. */
import { FILTER_FIELDS, KNOWN } from './filter';
import type { Row } from './frame';

export interface Completion {
  /** The word as it stands in the text when it is taken. */
  readonly word: string;
  /** What the list shows: a field or a value. */
  readonly label: string;
  /** What it means, or how many components have it. */
  readonly detail: string;
}

/** The completions of the word at the caret, and which part of the text that word is. */
export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

/** The most completions that are offered at once. */
const OFFERED_MAX = 12;

const MEANS: Readonly<Record<string, string>> = {
  power: 'the power state that was read',
  desired: 'what the last request wants',
  phase: 'how far the task in front is',
  op: 'the operation of the task in front',
  by: 'who asked for it',
  transition: 'the transition that it is of',
  kind: 'what it is',
  is: 'busy, idle, waiting, unavailable',
  flag: 'drift, held, failed …',
  group: 'the groups of the inventory',
  role: 'the role in the inventory',
  class: 'the class in the inventory',
};

const VALUES: Readonly<Record<string, (row: Row) => readonly (string | null)[]>> = {
  power: (row) => [row.state],
  desired: (row) => [row.desired ?? 'none'],
  phase: (row) => [row.phase],
  op: (row) => [row.operation],
  by: (row) => [row.by],
  transition: (row) => [row.transition],
  kind: (row) => [row.kind],
  is: (row) => [
    row.operation === null ? 'idle' : 'busy',
    row.waiting > 0 ? 'waiting' : null,
    row.available ? null : 'unavailable',
  ],
  flag: (row) => row.flags,
  group: (row) => row.groups,
};

export function complete(text: string, caret: number, rows: readonly Row[]): Completions {
  const from = text.slice(0, caret).search(/\S*$/);
  const to = caret + (/^\S*/.exec(text.slice(caret))?.[0].length ?? 0);
  const before = text.slice(from, caret);
  const sign = before.startsWith('-') ? '-' : '';
  const typed = before.slice(sign.length);
  const colon = typed.indexOf(':');
  const options = colon < 0 ? fields(sign, typed) : values(sign, typed, colon, rows);
  return { from, to, options: options.slice(0, OFFERED_MAX) };
}

function fields(sign: string, typed: string): Completion[] {
  return FILTER_FIELDS.filter((field) => field.startsWith(typed.toLowerCase())).map((field) => ({
    word: `${sign}${field}:`,
    label: `${sign}${field}:`,
    detail: MEANS[field] ?? '',
  }));
}

function values(sign: string, typed: string, colon: number, rows: readonly Row[]): Completion[] {
  const field = typed.slice(0, colon);
  const comma = Math.max(colon, typed.lastIndexOf(','));
  const begun = typed.slice(comma + 1);
  const given = typed.slice(colon + 1, comma + 1).split(',');
  const counts = count(field, rows);
  return [...counts]
    .filter(([value]) => value.toLowerCase().startsWith(begun.toLowerCase()) && !given.includes(value))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([value, n]) => ({
      word: `${sign}${typed.slice(0, comma + 1)}${value}`,
      label: value,
      detail: n === 0 ? 'none now' : String(n),
    }));
}

/** How many components have each value; what can be and is not now counts 0. */
function count(field: string, rows: readonly Row[]): Map<string, number> {
  const counts = new Map((KNOWN[field] ?? []).map((value) => [value, 0]));
  const read = VALUES[field];
  if (read === undefined) return counts;
  for (const row of rows)
    for (const value of read(row)) {
      // A value with a space could not be written in a filter.
      if (value !== null && !value.includes(' ')) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  return counts;
}
