/** How a component looks on the map: the colour of its state, and a shape where there is trouble or work. */
import type { Row } from '../fleet/frame';

export const FILLS = ['on', 'off', 'moving', 'asleep', 'unknown'] as const;
export type Fill = (typeof FILLS)[number];
/** The shapes, the most urgent first: a component has one. */
export const MARKS = ['none', 'away', 'failed', 'held', 'work'] as const;
export type Mark = (typeof MARKS)[number];

export interface Look {
  readonly fill: Fill;
  readonly mark: Mark;
  /** Whether the filter leaves it out. */
  readonly dim: boolean;
  readonly selected: boolean;
}

const FILL_OF: Readonly<Record<string, Fill>> = {
  on: 'on',
  off: 'off',
  'powering-on': 'moving',
  'powering-off': 'moving',
  paused: 'asleep',
  asleep: 'asleep',
};
const FAILED = ['failed', 'uncertain', 'flip-flop'];

/** The look as a number, by which it is seen whether it changed. */
export function lookOf(row: Row, dim: boolean, selected: boolean): number {
  const fill = FILLS.indexOf(FILL_OF[row.state] ?? 'unknown');
  const mark = MARKS.indexOf(markOf(row));
  return fill | (mark << 3) | (Number(dim) << 6) | (Number(selected) << 7);
}

export function readLook(look: number): Look {
  return {
    fill: FILLS[look & 7] ?? 'unknown',
    mark: MARKS[(look >> 3) & 7] ?? 'none',
    dim: (look & 64) !== 0,
    selected: (look & 128) !== 0,
  };
}

function markOf(row: Row): Mark {
  if (!row.available) return 'away';
  if (row.flags.length > 0) {
    if (row.flags.some((flag) => FAILED.includes(flag))) return 'failed';
    if (row.flags.includes('held')) return 'held';
  }
  return row.operation === null ? 'none' : 'work';
}
