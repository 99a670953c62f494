import { describe, expect, it } from 'vitest';
import { hasWord, matches, parseFilter, toggleWord } from './filter';
import { row } from './sample';

const NODE = row({
  id: 'x1000c3s7b0n1',
  state: 'off',
  operation: 'off',
  phase: 'verifying',
  by: 'alice',
  waiting: 1,
  flags: ['drift'],
  kind: 'node',
  groups: ['gpu', 'rack1'],
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
    ['by:Alice', false],
    ['kind:node', true],
    ['kind:chassis,router', false],
    ['group:gpu', true],
    ['group:GPU', false],
    ['group:cpu,rack1', true],
    ['-group:gpu', false],
    ['group:none', false],
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

  it.each([
    ['power:', 'power: takes a value, as in power:value or power:value,value'],
    ['power:on,', 'power: takes a value, as in power:value or power:value,value'],
    ['power:warm', 'power: knows on, off, powering-on, powering-off, paused, asleep, unknown; not warm'],
    ['is:BUSY', 'is: knows busy, idle, waiting, unavailable; not BUSY'],
    ['-', '- stands alone; it negates the word that it touches, as in -power:on'],
    ['x[1', 'x[1: [ is not closed'],
    ['x1]', 'x1]: ] closes nothing'],
    ['x[3-1]*', 'x[3-1]*: 3-1 runs backwards'],
    ['x[a]', 'x[a]: [a] is no list of numbers such as [0-3,7]'],
    ['role:', 'role: takes a value'],
  ])('%s is no word, and the filter says why', (text, problem) => {
    const filter = parseFilter(text);
    expect(filter.problems).toEqual([problem]);
    expect(matches(filter, NODE)).toBe(true);
  });

  it('asks the service about what the stream does not tell', () => {
    const text = '-role:Management class:River';
    const none = parseFilter(text);
    expect(none.asked).toEqual(['role:Management', 'class:River']);
    expect(matches(none, NODE)).toBe(false);
    const answered = parseFilter(text, (word) => new Set(word === 'class:River' ? [NODE.id] : []));
    expect(matches(answered, NODE)).toBe(true);
  });

  it('takes signs of expressions as they are', () => {
    expect(matches(parseFilter('x1000.*'), NODE)).toBe(false);
    expect(matches(parseFilter('x1000(*'), NODE)).toBe(false);
  });
});

describe('a word that is switched on and off', () => {
  it.each([
    ['', 'power:on', 'power:on'],
    ['power:on', 'power:on', ''],
    ['x1000 power:on is:busy', 'power:off', 'x1000 power:on,off is:busy'],
    ['x1000 power:on,off is:busy', 'power:on', 'x1000 power:off is:busy'],
    ['power:on', 'power:powering-on,powering-off', 'power:on,powering-on,powering-off'],
    ['power:on,powering-on,powering-off', 'power:powering-on,powering-off', 'power:on'],
    ['-power:on', 'power:off', '-power:on power:off'],
  ])('in %j, %s, leaves %j', (text, word, after) => {
    expect(toggleWord(text, word)).toBe(after);
    expect(hasWord(after, word)).toBe(!hasWord(text, word));
  });
});
