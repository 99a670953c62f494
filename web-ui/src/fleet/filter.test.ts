import { describe, expect, it } from 'vitest';
import { matches, parseFilter } from './filter';
import { row } from './sample';

const NODE = row({
  id: 'x1000c3s7b0n1',
  state: 'off',
  operation: 'off',
  phase: 'verifying',
  by: 'alice',
  waiting: 1,
  flags: ['drift'],
});

describe('a filter', () => {
  it.each([
    ['', true],
    ['c3s7', true],
    ['C3S7', true],
    ['c4', false],
    ['x1000c3*', true],
    ['c3*', false],
    ['x1000c[0-3]s*', true],
    ['x1000c[0-2,4]s*', false],
    ['x[1000-1007]c[0-7]s[0-7]b[0-1]n[0-1]', true],
    ['x1000c[3]s7b0n[1]', true],
    ['power:off', true],
    ['power:on,off', true],
    ['power:on', false],
    ['-power:on', true],
    ['desired:none', true],
    ['phase:verifying by:alice', true],
    ['phase:verifying by:bob', false],
    ['flag:drift', true],
    ['flag:held', false],
    ['-flag:held', true],
    ['is:busy', true],
    ['is:idle', false],
    ['is:idle,waiting', true],
    ['-is:unavailable', true],
  ])('%s is %s of the node', (text, expected) => {
    const filter = parseFilter(text);
    expect(filter.problems).toEqual([]);
    expect(matches(filter, NODE)).toBe(expected);
  });

  it('says what it does not understand and keeps the rest', () => {
    const filter = parseFilter('colour:red is:asleep power:on');
    expect(filter.problems).toEqual([
      'there is no field colour:',
      'is: knows busy, idle, waiting, unavailable; not asleep',
    ]);
    expect(matches(filter, NODE)).toBe(false);
  });

  it('takes signs of expressions as they are', () => {
    expect(matches(parseFilter('x1000.*'), NODE)).toBe(false);
    expect(matches(parseFilter('x1000(*'), NODE)).toBe(false);
  });
});
