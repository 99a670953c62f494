/** Frames for tests. */
import type { Row } from './frame';

export const COLUMNS = [
  'id',
  'state',
  'available',
  'desired',
  'operation',
  'phase',
  'transition',
  'by',
  'waiting',
  'observedAt',
  'flags',
] as const;

const COUNTS = {
  total: 0,
  on: 0,
  off: 0,
  unknown: 0,
  other: 0,
  unavailable: 0,
  busy: 0,
  waiting: 0,
  phases: {},
};

/** A component that is on, with no work. */
export function row(changes: Partial<Row> = {}): Row {
  return {
    index: 0,
    id: 'x1000c0s0b0n0',
    state: 'on',
    available: true,
    desired: null,
    operation: null,
    phase: null,
    transition: null,
    by: null,
    waiting: 0,
    observedAt: 0,
    flags: [],
    kind: null,
    groups: [],
    ...changes,
  };
}

export function frame(content: Record<string, unknown>): string {
  return JSON.stringify({ counts: COUNTS, at: '2026-01-02T03:04:05Z', ...content });
}

export function snapshot(ids: readonly string[], content: Record<string, unknown> = {}): string {
  const rows = ids.map((id) => values(row({ id })));
  return frame({ columns: COLUMNS, rows, ...content });
}

export function delta(index: number, changes: Partial<Row>, content: Record<string, unknown> = {}): string {
  return frame({ rows: [[index, ...values(row(changes)).slice(1)]], ...content });
}

function values(of: Row): unknown[] {
  return COLUMNS.map((name) => of[name]);
}
