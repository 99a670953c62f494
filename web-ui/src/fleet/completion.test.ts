import { describe, expect, it } from 'vitest';
import { complete } from './completion';
import { row } from './sample';

const ROWS = [
  row({ by: 'alice', operation: 'off', groups: ['gpu'], flags: ['held'] }),
  row({ by: 'bob', operation: 'off', groups: ['gpu', 'rack1'] }),
  row({ by: 'alice', operation: 'on', state: 'off' }),
  row({ by: 'rack operator' }),
];
const labels = (text: string, caret = text.length) =>
  complete(text, caret, ROWS).options.map(({ label, detail }) => `${label} ${detail}`);

describe('the filter is completed', () => {
  it('with fields first', () => {
    expect(labels('')).toHaveLength(12);
    expect(labels('po')).toEqual(['power: the power state that was read']);
    expect(labels('-gr')).toEqual(['-group: the groups of the inventory']);
    expect(labels('c3s7')).toEqual([]);
  });

  it('with the values that there are, the most frequent first', () => {
    expect(labels('by:')).toEqual(['alice 2', 'bob 1']);
    expect(labels('group:')).toEqual(['gpu 2', 'rack1 1']);
    expect(labels('op:o')).toEqual(['off 2', 'on 1']);
    expect(labels('flag:')[0]).toBe('held 1');
    expect(labels('flag:d')).toEqual(['drift none now']);
    expect(labels('colour:')).toEqual([]);
  });

  it('with one more value behind a comma', () => {
    expect(complete('by:alice,', 9, ROWS).options.map(({ word }) => word)).toEqual(['by:alice,bob']);
    expect(complete('-group:gpu,r', 12, ROWS).options.map(({ word }) => word)).toEqual(['-group:gpu,rack1']);
  });

  it('in the word at the caret, wherever that is', () => {
    expect(complete('x1 by:al power:on', 8, ROWS)).toMatchObject({ from: 3, to: 8 });
    expect(labels('x1 by:al power:on', 8)).toEqual(['alice 2']);
    expect(complete('x1 by:alic power:on', 7, ROWS)).toMatchObject({ from: 3, to: 10 });
  });
});
