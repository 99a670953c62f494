import { describe, expect, it } from 'vitest';
import { row } from '../fleet/sample';
import { cellAt, layoutOf } from './layout';
import { lookOf, readLook } from './look';
import { placeOf } from './place';

const range = (count: number) => Array.from({ length: count }, (_, number) => number);
/** Ten thousand nodes in 40 cabinets of eight chassis with eight slots of four. */
const MANY = range(40).flatMap((cabinet) =>
  range(8).flatMap((chassis) =>
    range(8).flatMap((slot) =>
      range(4).map((node) => `x${1000 + cabinet}c${chassis}s${slot}b${node >> 1}n${node & 1}`),
    ),
  ),
);

describe('an xname tells where it is', () => {
  it.each([
    ['x1000', { cabinet: 1000, chassis: '', slot: '', leaf: false }],
    ['x1000c3', { cabinet: 1000, chassis: 'c3', slot: '', leaf: false }],
    ['x1000c3s7b0', { cabinet: 1000, chassis: 'c3', slot: 's7', leaf: false }],
    ['x1000c3s7b0n1', { cabinet: 1000, chassis: 'c3', slot: 's7', leaf: true }],
    ['x1000c3r7b0', { cabinet: 1000, chassis: 'c3', slot: 'r7', leaf: false }],
    ['x3000c0w22', { cabinet: 3000, chassis: 'c0', slot: 'w22', leaf: true }],
    ['x3000m0p1v12', { cabinet: 3000, chassis: 'm0', slot: 'p1', leaf: true }],
    ['login1', { cabinet: null, chassis: '', slot: '', leaf: true }],
    ['xerxes', { cabinet: null, chassis: '', slot: '', leaf: true }],
  ])('%s', (id, place) => {
    expect(placeOf(id)).toEqual(place);
  });
});

describe('the map', () => {
  it('puts cabinets side by side, and names that tell of none behind them', () => {
    const { blocks } = layoutOf(['login1', 'x1001c0s0b0n0', 'x1000c0s0b0n0'], 800, 200);
    expect(blocks.map(({ label }) => label)).toEqual(['x1000', 'x1001', 'others']);
    expect(blocks[0]?.x).toBe(0);
    expect(blocks[1]?.x).toBeGreaterThan(0);
  });

  it('orders slots by number, and draws what manages smaller', () => {
    const { cells } = layoutOf(['x0c0s10b0n0', 'x0c0s2b0', 'x0c0s2b0n0'], 800, 200);
    expect(cells[0]?.x).toBeGreaterThan(cells[2]?.x ?? Infinity);
    expect(cells[1]?.size).toBeLessThan(cells[2]?.size ?? 0);
  });

  it.each([1280, 390])(
    'of ten thousand components %i pixels wide has a place of its own for each',
    (width) => {
      const layout = layoutOf(MANY, width, 240);
      expect(layout.cells).toHaveLength(MANY.length);
      const places = new Set(layout.cells.map(({ x, y }) => `${x},${y}`));
      expect(places.size).toBe(MANY.length);
      for (const { x, y, size } of layout.cells) {
        expect(x + size).toBeLessThanOrEqual(width);
        expect(y + size).toBeLessThanOrEqual(layout.height);
      }
    },
  );

  it('is as large as it may be', () => {
    expect(layoutOf(MANY.slice(0, 16), 1280, 240).pitch).toBe(16);
    expect(layoutOf(MANY, 1280, 240).pitch).toBeLessThan(6);
  });

  it('knows what lies at a point', () => {
    const layout = layoutOf(MANY.slice(0, 64), 1280, 240);
    const cell = layout.cells[17];
    expect(cell).toBeDefined();
    if (cell === undefined) return;
    expect(cellAt(layout, cell.x + cell.size / 2, cell.y + 1)?.index).toBe(17);
    expect(cellAt(layout, 1_270, 230)).toBeNull();
  });
});

describe('the look of a component', () => {
  it.each([
    [{ state: 'on' }, 'on', 'none'],
    [{ state: 'powering-off', operation: 'off' }, 'moving', 'work'],
    [{ state: 'off', available: false, flags: ['failed'] }, 'off', 'away'],
    [{ state: 'off', flags: ['held', 'uncertain'] }, 'off', 'failed'],
    [{ state: 'asleep', flags: ['held'] }, 'asleep', 'held'],
    [{ state: 'drift', flags: ['drift'] }, 'unknown', 'none'],
  ])('%j is %s with %s', (changes, fill, mark) => {
    const look = readLook(lookOf(row(changes), true, false));
    expect(look).toEqual({ fill, mark, dim: true, selected: false });
    expect(readLook(lookOf(row(changes), false, true))).toMatchObject({ dim: false, selected: true });
  });
});
