import { describe, expect, it } from 'vitest';
import { arrange, BY_ID, isOutdated, nextSort, orderOf } from './order';
import { row } from './sample';

const ROWS = [
  row({ index: 0, id: 'a', state: 'on', by: 'bob' }),
  row({ index: 1, id: 'b', state: 'off' }),
  row({ index: 2, id: 'c', state: 'on', by: 'alice', waiting: 2 }),
  row({ index: 3, id: 'd', state: 'unknown', flags: ['held'], available: false }),
];
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).join('');

describe('the order of the table', () => {
  it.each([
    ['id', false, 'abcd'],
    ['id', true, 'dcba'],
    ['power', false, 'dbac'],
    ['power', true, 'acbd'],
    ['by', false, 'cabd'],
    ['waiting', false, 'cabd'],
    ['flags', false, 'dabc'],
  ] as const)('by %s, backwards %s, is %s', (by, down, expected) => {
    const sort = { by, down };
    const arranged = arrange(ROWS, orderOf(ROWS, sort));
    expect(ids(arranged)).toBe(expected);
    expect(isOutdated(arranged, sort)).toBe(false);
  });

  it('stays while rows change, and says that it is outdated', () => {
    const sort = { by: 'power', down: false } as const;
    const order = orderOf(ROWS, sort);
    const changed = ROWS.with(0, row({ index: 0, id: 'a', state: 'unknown' }));
    expect(ids(arrange(changed, order))).toBe('dbac');
    expect(isOutdated(arrange(changed, order), sort)).toBe(true);
  });

  it('is of a fleet that grew or shrank', () => {
    const order = orderOf(ROWS, { by: 'id', down: true });
    expect(ids(arrange(ROWS.slice(0, 2), order))).toBe('ba');
    expect(ids(arrange([...ROWS, row({ index: 4, id: 'e' })], order))).toBe('dcbae');
  });

  it('turns with each click, and a third leads back', () => {
    const first = nextSort(BY_ID, 'power');
    expect(first).toEqual({ by: 'power', down: false });
    expect(nextSort(first, 'by')).toEqual({ by: 'by', down: false });
    expect(nextSort(nextSort(first, 'power'), 'power')).toEqual(BY_ID);
  });
});
