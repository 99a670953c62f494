/**
 * Patterns of ids: `*` stands for anything, `[0-3,7]` for a whole number in these ranges: `s[0-3]*` is not about `s12`. Read as the service
 * reads them; both are tried with the same table.
 */

/** Whether a whole id, in lower case, is of the pattern. */
export type Pattern = (id: string) => boolean;
type Ranges = readonly (readonly [bigint, bigint])[];
type Part = { readonly text: string } | { readonly ranges: Ranges } | 'anything';

/** Reads a pattern in lower case; text says what is wrong with it. */
export function readPattern(word: string): Pattern | string {
  const parts: Part[] = [];
  for (const part of word.split(/(\*|\[[^\]]*\])/)) {
    if (part === '*') parts.push('anything');
    else if (part.startsWith('[') && part.endsWith(']')) {
      const ranges = readRanges(word, part);
      if (typeof ranges === 'string') return ranges;
      parts.push({ ranges });
    } else if (part.includes('[')) return `${word}: [ is not closed`;
    else if (part.includes(']')) return `${word}: ] closes nothing`;
    else if (part !== '') parts.push({ text: part });
  }
  return (id) => {
    let places = new Set([0]);
    let before: Part | null = null;
    for (const part of parts) {
      places = reach(part, before === 'anything', id, places);
      before = part;
    }
    return places.has(id.length);
  };
}

/** The places at which a part can end that begins at one of these. */
function reach(part: Part, afterAnything: boolean, id: string, places: ReadonlySet<number>): Set<number> {
  const ends = new Set<number>();
  if (part === 'anything') {
    const first = Math.min(...places);
    for (let end = first; end <= id.length; end += 1) ends.add(end);
    return ends;
  }
  for (const place of places) {
    if ('text' in part) {
      if (id.startsWith(part.text, place)) ends.add(place + part.text.length);
      continue;
    }
    // Behind anything a number begins where its digits do.
    if (afterAnything && place > 0 && isDigit(id[place - 1])) continue;
    const digits = /^\d+/.exec(id.slice(place))?.[0];
    if (digits !== undefined && inRanges(part.ranges, BigInt(digits))) ends.add(place + digits.length);
  }
  return ends;
}

const isDigit = (letter: string | undefined): boolean => letter !== undefined && /^\d$/.test(letter);

function readRanges(word: string, part: string): Ranges | string {
  const ranges: [bigint, bigint][] = [];
  for (const text of part.slice(1, -1).split(',')) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(text);
    if (found === null) return `${word}: ${part} is no list of numbers such as [0-3,7]`;
    const first = BigInt(found[1] ?? '');
    const last = BigInt(found[2] ?? found[1] ?? '');
    if (first > last) return `${word}: ${first}-${last} runs backwards`;
    ranges.push([first, last]);
  }
  return ranges;
}

const inRanges = (ranges: Ranges, value: bigint): boolean =>
  ranges.some(([first, last]) => first <= value && value <= last);
