import { describe, expect, it } from 'vitest';
import { row } from './sample';
import { Selection } from './selection.svelte';

const ROWS = ['a', 'b', 'c', 'd'].map((id, index) => row({ id, index }));

describe('a selection', () => {
  it('ticks one by one, and takes ticks back', () => {
    const selection = new Selection();
    expect(selection.target()).toBeNull();
    selection.toggle('a');
    selection.toggle('b');
    selection.toggle('a');
    expect(selection.target()).toEqual({ components: ['b'] });
  });

  it('ticks ranges from the last tick, either way', () => {
    const selection = new Selection();
    selection.toggle('c');
    selection.extend('a', ROWS);
    expect(selection.target()).toEqual({ components: ['c', 'a', 'b'] });
    selection.extend('d', ROWS);
    expect(selection.ticked.size).toBe(4);
  });

  it('without a last tick that is shown, a range is one tick', () => {
    const selection = new Selection();
    selection.extend('b', ROWS);
    expect(selection.target()).toEqual({ components: ['b'] });
    selection.extend('b', []);
    expect(selection.some).toBe(false);
  });

  it('of everything is the filter itself, whatever matches now', () => {
    const selection = new Selection();
    selection.toggle('a');
    selection.all(' power:on ');
    expect(selection.ticked.size).toBe(0);
    expect(selection.target()).toEqual({ filter: 'power:on' });
    selection.all('');
    expect(selection.target()).toEqual({ filter: '*' });
  });

  it('begins anew when one of everything is ticked', () => {
    const selection = new Selection();
    selection.all('power:on');
    selection.toggle('a');
    expect(selection.target()).toEqual({ components: ['a'] });
    selection.clear();
    expect(selection.some).toBe(false);
  });
});
