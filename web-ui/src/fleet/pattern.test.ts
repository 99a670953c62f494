import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPattern } from './pattern';

const CASES = new URL('../../../host/gateway/src/api/v2/filter/pattern/cases.txt', import.meta.url);
const cases = readFileSync(CASES, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split(/\s+/) as [string, string, string]);

it.each(cases)('%s and %s: %s, as the service says', (pattern, id, expected) => {
  const read = readPattern(pattern);
  if (typeof read === 'string') throw new Error(read);
  expect(read(id)).toBe(expected === 'yes');
});
