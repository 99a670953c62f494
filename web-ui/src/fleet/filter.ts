/**
 * What of the fleet is shown: words that must all hold. A bare word is a part of an id, or a pattern with `*` and ranges such as
 * `x1000c[0-3]s*`; `field:value,value` asks for one of these values; `-` in front of a word negates it.
 */
import type { Row } from './frame';

export interface Filter {
  readonly terms: readonly Term[];
  /** What of the text was not understood; those words are passed over. */
  readonly problems: readonly string[];
}

type Term = (row: Row) => boolean;

const FIELDS: Readonly<Record<string, (row: Row) => string | null>> = {
  power: (row) => row.state,
  desired: (row) => row.desired,
  phase: (row) => row.phase,
  op: (row) => row.operation,
  by: (row) => row.by,
  transition: (row) => row.transition,
};

const CONDITIONS: Readonly<Record<string, Term>> = {
  busy: (row) => row.operation !== null,
  idle: (row) => row.operation === null,
  waiting: (row) => row.waiting > 0,
  unavailable: (row) => !row.available,
};

/** The fields and conditions there are, for the hint below the input. */
export const FILTER_WORDS = [...Object.keys(FIELDS).map((field) => `${field}:`), 'is:', 'flag:'];

export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  const problems: string[] = [];
  for (const word of text.split(/\s+/).filter((word) => word !== '')) {
    const negated = word.startsWith('-');
    const term = readTerm(negated ? word.slice(1) : word);
    if (typeof term === 'string') problems.push(term);
    else terms.push(negated ? (row) => !term(row) : term);
  }
  return { terms, problems };
}

export function matches(filter: Filter, row: Row): boolean {
  return filter.terms.every((term) => term(row));
}

function readTerm(word: string): Term | string {
  const colon = word.indexOf(':');
  if (colon < 0) return idTerm(word);
  const field = word.slice(0, colon);
  const values = word.slice(colon + 1).split(',');
  const value = FIELDS[field];
  if (value !== undefined) return (row) => values.includes(value(row) ?? 'none');
  if (field === 'flag') return (row) => row.flags.some((flag) => values.includes(flag));
  if (field !== 'is') return `there is no field ${field}:`;
  const conditions = values.map((name) => CONDITIONS[name]);
  const wrong = values.filter((_, place) => conditions[place] === undefined);
  if (wrong.length > 0) return `is: knows ${Object.keys(CONDITIONS).join(', ')}; not ${wrong.join(', ')}`;
  return (row) => conditions.some((condition) => condition?.(row) === true);
}

function idTerm(word: string): Term {
  const lower = word.toLowerCase();
  if (!/[*[]/.test(lower)) return (row) => row.id.toLowerCase().includes(lower);
  const { pattern, ranges } = compile(lower);
  return (row) => {
    const found = pattern.exec(row.id.toLowerCase());
    return found !== null && ranges.every((range, place) => inRange(range, Number(found[place + 1])));
  };
}

type Range = readonly (readonly [number, number])[];

/** An expression whose groups are the numbers that must lie in the ranges, in order. */
function compile(word: string): { pattern: RegExp; ranges: Range[] } {
  const ranges: Range[] = [];
  const parts = word.split(/(\*|\[[\d,-]+\])/).map((part) => {
    if (part === '*') return '.*';
    if (!/^\[[\d,-]+\]$/.test(part)) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    ranges.push(part.slice(1, -1).split(',').map(readRange));
    return '(\\d+)';
  });
  return { pattern: new RegExp(`^${parts.join('')}$`), ranges };
}

function readRange(text: string): readonly [number, number] {
  const [first = '', last = first] = text.split('-');
  return [Number(first), Number(last)];
}

function inRange(range: Range, value: number): boolean {
  return range.some(([first, last]) => first <= value && value <= last);
}
