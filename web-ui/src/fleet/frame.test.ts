import { describe, expect, it } from 'vitest';
import { FrameError, readDelta, readSnapshot } from './frame';
import { delta, frame, snapshot } from './sample';

describe('a snapshot', () => {
  it('is read by the names of its columns, whatever else there is', () => {
    const text = frame({
      columns: [
        'id',
        'waiting',
        'new',
        'state',
        'available',
        'desired',
        'operation',
        'phase',
        'transition',
        'by',
        'observedAt',
        'flags',
      ],
      rows: [['x0', 2, 'what', 'off', true, 'on', 'on', 'queued', 't', 'alice', 1_000, ['drift']]],
    });
    const { rows, places } = readSnapshot(text);
    expect(rows).toEqual([
      {
        index: 0,
        id: 'x0',
        state: 'off',
        available: true,
        desired: 'on',
        operation: 'on',
        phase: 'queued',
        transition: 't',
        by: 'alice',
        waiting: 2,
        observedAt: 1_000,
        flags: ['drift'],
        kind: null,
        groups: [],
      },
    ]);
    expect(places.get('x0')).toBe(0);
  });

  it('tells kinds and groups where the service does, and a change keeps them', () => {
    const text = snapshot(['x0', 'x1'], {
      kinds: ['node', 'chassis'],
      groups: [
        { name: 'gpu', members: [1, 7] },
        { name: 'all', members: [0, 1] },
      ],
    });
    const { layout, rows } = readSnapshot(text);
    expect(rows.map(({ kind, groups }) => [kind, groups])).toEqual([
      ['node', ['all']],
      ['chassis', ['gpu', 'all']],
    ]);
    const [changed] = readDelta(delta(1, { state: 'off' }), layout, rows).rows;
    expect(changed).toMatchObject({ state: 'off', kind: 'chassis', groups: ['gpu', 'all'] });
  });

  it.each([
    ['no JSON', 'half a fra'],
    ['another thing', '[]'],
    ['no rows', frame({ columns: ['id'] })],
    ['a column less', frame({ columns: ['id', 'state'], rows: [] })],
    ['no time', snapshot(['x0'], { at: 'today' })],
    ['no counts', snapshot(['x0'], { counts: null })],
  ])('with %s is refused', (_, text) => {
    expect(() => readSnapshot(text)).toThrow(FrameError);
  });
});

describe('a delta', () => {
  const { layout, rows } = readSnapshot(snapshot(['x0', 'x1']));

  it('keeps index and id and takes the rest', () => {
    const [changed] = readDelta(delta(1, { state: 'off', waiting: 3 }), layout, rows).rows;
    expect(changed).toMatchObject({ index: 1, id: 'x1', state: 'off', waiting: 3 });
  });

  it('for a row that is not there is refused', () => {
    expect(() => readDelta(delta(2, {}), layout, rows)).toThrow(/row 2/);
  });
});
