/** Patterns of ids: `*` stands for anything, `[0-3,7]` for a number in these ranges. Read as the service reads them. */

/** Whether a whole id, in lower case, is of the pattern. */
export type Pattern = (id: string) => boolean;
type Range = readonly (readonly [number, number])[];

/** Reads a pattern in lower case; text says what is wrong with it. */
export function readPattern(word: string): Pattern | string {
  const ranges: Range[] = [];
  const parts: string[] = [];
  for (const part of word.split(/(\*|\[[^\]]*\])/)) {
    if (part === '*') parts.push('.*');
    else if (part.startsWith('[') && part.endsWith(']')) {
      const range = readRanges(word, part);
      if (typeof range === 'string') return range;
      ranges.push(range);
      parts.push('(\\d+)');
    } else if (part.includes('[')) return `${word}: [ is not closed`;
    else if (part.includes(']')) return `${word}: ] closes nothing`;
    else parts.push(part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  }
  const expression = new RegExp(`^${parts.join('')}$`);
  return (id) => {
    const found = expression.exec(id);
    return found !== null && ranges.every((range, place) => inRange(range, Number(found[place + 1])));
  };
}

function readRanges(word: string, part: string): Range | string {
  const ranges: [number, number][] = [];
  for (const text of part.slice(1, -1).split(',')) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(text);
    if (found === null) return `${word}: ${part} is no list of numbers such as [0-3,7]`;
    const first = Number(found[1]);
    const last = Number(found[2] ?? first);
    if (first > last) return `${word}: ${first}-${last} runs backwards`;
    ranges.push([first, last]);
  }
  return ranges;
}

const inRange = (range: Range, value: number): boolean =>
  range.some(([first, last]) => first <= value && value <= last);
