/**
 * What of the fleet is shown: words that must all hold. A bare word is a part of an id, or a pattern with `*` and ranges such as
 * `x1000c[0-3]s*`; `field:value,value` asks for one of these values; `-` in front of a word negates it.
 */
import type { Row } from './frame';
import { readPattern } from './pattern';

export interface Filter {
  readonly terms: readonly Term[];
  /** What of the text was not understood; those words are passed over. */
  readonly problems: readonly string[];
  /** Words, without their `-`, about what the stream does not tell. The service says which components they hold for. */
  readonly asked: readonly string[];
  /** Whether it asks for kinds of components. What switches everything that matches leaves BMCs out unless it does. */
  readonly asksForKinds: boolean;
}

type Term = (row: Row) => boolean;
/** The components for which a word holds that only the service can answer; undefined while it has not. */
export type Answers = (word: string) => ReadonlySet<string> | undefined;

const FIELDS: Readonly<Record<string, (row: Row) => string | null>> = {
  power: (row) => row.state,
  desired: (row) => row.desired,
  phase: (row) => row.phase,
  op: (row) => row.operation,
  by: (row) => row.by,
  transition: (row) => row.transition,
  kind: (row) => row.kind,
};

/** Fields of which one component may have several values. */
const SETS: Readonly<Record<string, (row: Row) => readonly string[]>> = {
  flag: (row) => row.flags,
  group: (row) => row.groups,
};

/** Fields of the inventory that the stream does not tell. */
const ASKED = ['role', 'class'];

const CONDITIONS: Readonly<Record<string, Term>> = {
  busy: (row) => row.operation !== null,
  idle: (row) => row.operation === null,
  waiting: (row) => row.waiting > 0,
  unavailable: (row) => !row.available,
};

/** The values that a field can have, where no others are taken. */
export const KNOWN: Readonly<Record<string, readonly string[]>> = {
  power: ['on', 'off', 'powering-on', 'powering-off', 'paused', 'asleep', 'unknown'],
  desired: ['on', 'off', 'none'],
  is: Object.keys(CONDITIONS),
  flag: ['drift', 'held', 'uncertain', 'flip-flop', 'endpoint-open', 'failed'],
  kind: ['node', 'chassis', 'module', 'router', 'controller', 'outlet', 'network-switch', 'other'],
};

/** The fields there are. */
export const FILTER_FIELDS: readonly string[] = [
  ...Object.keys(FIELDS),
  'is',
  ...Object.keys(SETS),
  ...ASKED,
];

const NO_ANSWERS: Answers = () => undefined;

export function parseFilter(text: string, answers: Answers = NO_ANSWERS): Filter {
  const terms: Term[] = [];
  const problems: string[] = [];
  const asked: string[] = [];
  let asksForKinds = false;
  for (const written of wordsOf(text)) {
    const negated = written.startsWith('-');
    const word = negated ? written.slice(1) : written;
    asksForKinds ||= written.startsWith('kind:');
    const term = isAsked(word) ? askedTerm(word, answers, asked) : readTerm(word);
    if (typeof term === 'string') problems.push(term);
    // Before the service has answered nobody knows what a word holds for, nor what it does not.
    else if (isAsked(word) && answers(word) === undefined) terms.push(() => false);
    else terms.push(negated ? (row) => !term(row) : term);
  }
  return { terms, problems, asked, asksForKinds };
}

/**
 * The text with a word such as `power:on` in it, or without it when it was there. Values of one field stand together, so that
 * `power:on` and `power:off` make `power:on,off`.
 */
export function toggleWord(text: string, word: string): string {
  const [field = '', toggled = ''] = word.split(':');
  const words = wordsOf(text);
  const place = words.findIndex((other) => other.startsWith(`${field}:`));
  const before = words[place]?.slice(field.length + 1).split(',') ?? [];
  const wanted = toggled.split(',');
  const after = hasWord(text, word)
    ? before.filter((value) => !wanted.includes(value))
    : [...before, ...wanted.filter((value) => !before.includes(value))];
  const written = after.length === 0 ? [] : [`${field}:${after.join(',')}`];
  if (place < 0) return [...words, ...written].join(' ');
  return words.toSpliced(place, 1, ...written).join(' ');
}

/** Whether the text asks for all values of the word. */
export function hasWord(text: string, word: string): boolean {
  const [field = '', values = ''] = word.split(':');
  const found = wordsOf(text).find((other) => other.startsWith(`${field}:`));
  const asked = found?.slice(field.length + 1).split(',');
  return asked !== undefined && values.split(',').every((value) => asked.includes(value));
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const isAsked = (word: string): boolean => ASKED.some((field) => word.startsWith(`${field}:`));

function askedTerm(word: string, answers: Answers, asked: string[]): Term | string {
  if (/:$|:,|,$|,,/.test(word)) return `${word} takes a value`;
  asked.push(word);
  const holds = answers(word);
  return (row) => holds?.has(row.id) === true;
}

export function matches(filter: Filter, row: Row): boolean {
  return filter.terms.every((term) => term(row));
}

function readTerm(word: string): Term | string {
  const colon = word.indexOf(':');
  if (colon < 0) return idTerm(word);
  const field = word.slice(0, colon);
  const values = word.slice(colon + 1).split(',');
  if (!FILTER_FIELDS.includes(field)) return `there is no field ${field}:`;
  if (values.includes('')) return `${field}: takes a value, as in ${field}:value or ${field}:value,value`;
  const wrong = values.find((value) => KNOWN[field]?.includes(value) === false);
  if (wrong !== undefined) return `${field}: knows ${KNOWN[field]?.join(', ') ?? ''}; not ${wrong}`;
  const value = FIELDS[field];
  if (value !== undefined) return (row) => values.includes(value(row) ?? 'none');
  const set = SETS[field];
  if (set !== undefined) return setTerm(set, values);
  const conditions = values.map((name) => CONDITIONS[name]);
  return (row) => conditions.some((condition) => condition?.(row) === true);
}

function setTerm(set: (row: Row) => readonly string[], values: readonly string[]): Term {
  const none = values.includes('none');
  return (row) => {
    const held = set(row);
    return held.length === 0 ? none : held.some((value) => values.includes(value));
  };
}

function idTerm(word: string): Term | string {
  const lower = word.toLowerCase();
  if (lower === '') return '- stands alone; it negates the word that it touches, as in -power:on';
  if (!/[*[\]]/.test(lower)) return (row) => row.id.toLowerCase().includes(lower);
  const pattern = readPattern(lower);
  return typeof pattern === 'string' ? pattern : (row) => pattern(row.id.toLowerCase());
}
