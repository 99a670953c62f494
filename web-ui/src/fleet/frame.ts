/** The frames of `/v2/fleet/stream`: positional rows, whose columns the snapshot names. */

/** One component as the screen shows it. Rows are replaced, never changed. */
export interface Row {
  /** Its place in the order of ids, by which deltas name it. */
  readonly index: number;
  readonly id: string;
  readonly state: string;
  readonly available: boolean;
  readonly desired: string | null;
  /** Operation, phase, transition and caller of the task in front of the line. */
  readonly operation: string | null;
  readonly phase: string | null;
  readonly transition: string | null;
  readonly by: string | null;
  /** Tasks behind that one. */
  readonly waiting: number;
  /** When the last good reading was made, in ms since the epoch by the service's clock. */
  readonly observedAt: number | null;
  readonly flags: readonly string[];
  /** What it is, such as `node`; null where the service does not tell. It never changes between snapshots, as the groups. */
  readonly kind: string | null;
  readonly groups: readonly string[];
}

/** How many components stand where. */
export interface Counts {
  readonly total: number;
  readonly on: number;
  readonly off: number;
  readonly unknown: number;
  readonly other: number;
  readonly unavailable: number;
  readonly busy: number;
  readonly waiting: number;
  readonly phases: Readonly<Record<string, number>>;
}

export interface Snapshot {
  readonly layout: Layout;
  readonly rows: readonly Row[];
  /** At which index the row of a component is. */
  readonly places: ReadonlyMap<string, number>;
  readonly counts: Counts;
  readonly at: number;
}

export interface Delta {
  readonly rows: readonly Row[];
  readonly counts: Counts;
  readonly at: number;
}

/** A frame that this page does not understand. */
export class FrameError extends Error {}

const COLUMNS = [
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
type Column = (typeof COLUMNS)[number];

/** Where in a positional row each column stands. Columns that this page does not know are passed over. */
export type Layout = Readonly<Record<Column, number>>;

export function readSnapshot(text: string): Snapshot {
  const frame = parse(text);
  const layout = readLayout(list(frame, 'columns'));
  const listed = list(frame, 'rows');
  const kinds = Array.isArray(frame['kinds']) ? (frame['kinds'] as unknown[]) : [];
  const groups = readGroups(frame['groups'], listed.length);
  const rows = listed.map((values, index) => {
    const kind = kinds[index];
    return readRow(values, layout, {
      index,
      id: textAt(values, layout.id),
      kind: typeof kind === 'string' ? kind : null,
      groups: groups.get(index) ?? NO_GROUPS,
    });
  });
  const places = new Map(rows.map((row) => [row.id, row.index]));
  return { layout, rows, places, counts: readCounts(frame), at: readTime(frame) };
}

/** Reads a delta against the rows that it changes: its rows hold their index and what comes after the id. */
export function readDelta(text: string, layout: Layout, rows: readonly Row[]): Delta {
  const frame = parse(text);
  const changed = list(frame, 'rows').map((values) => {
    const index = Array.isArray(values) ? (values[0] as unknown) : undefined;
    const before = typeof index === 'number' ? rows[index] : undefined;
    if (before === undefined)
      throw new FrameError(`a change names the row ${String(index)}, which is not there`);
    return readRow(values, layout, before);
  });
  return { rows: changed, counts: readCounts(frame), at: readTime(frame) };
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('a frame is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null) throw new FrameError('a frame is not an object');
  return value as Record<string, unknown>;
}

function list(frame: Record<string, unknown>, key: string): unknown[] {
  const value = frame[key];
  if (!Array.isArray(value)) throw new FrameError(`a frame has no list of ${key}`);
  return value as unknown[];
}

function readLayout(columns: unknown[]): Layout {
  const entries = COLUMNS.map((name): [Column, number] => {
    const place = columns.indexOf(name);
    if (place < 0) throw new FrameError(`the snapshot has no column ${name}`);
    return [name, place];
  });
  const layout = Object.fromEntries(entries) as Record<Column, number>;
  // A delta puts the index where a snapshot has the id; the places of the others are then the same.
  if (layout.id !== 0) throw new FrameError('the first column of the snapshot is not the id');
  return layout;
}

/** What of a row no change touches. */
type Fixed = Pick<Row, 'index' | 'id' | 'kind' | 'groups'>;

function readRow(values: unknown, layout: Layout, { index, id, kind, groups }: Fixed): Row {
  if (!Array.isArray(values)) throw new FrameError('a row is not a list');
  const flags: unknown = values[layout.flags];
  return {
    index,
    id,
    state: textAt(values, layout.state),
    available: values[layout.available] === true,
    desired: textOrNull(values, layout.desired),
    operation: textOrNull(values, layout.operation),
    phase: textOrNull(values, layout.phase),
    transition: textOrNull(values, layout.transition),
    by: textOrNull(values, layout.by),
    waiting: numberOrNull(values, layout.waiting) ?? 0,
    observedAt: numberOrNull(values, layout.observedAt),
    flags: Array.isArray(flags) ? flags.filter((flag) => typeof flag === 'string') : [],
    kind,
    groups,
  };
}

const NO_GROUPS: readonly string[] = [];

/** The groups of each row that has any. A service that tells of none is as one that has none. */
function readGroups(groups: unknown, rows: number): Map<number, string[]> {
  const found = new Map<number, string[]>();
  if (!Array.isArray(groups)) return found;
  for (const group of groups as unknown[]) {
    if (typeof group !== 'object' || group === null) continue;
    const { name, members } = group as { name?: unknown; members?: unknown };
    if (typeof name !== 'string' || !Array.isArray(members)) continue;
    for (const member of members as unknown[]) {
      if (typeof member !== 'number' || member < 0 || member >= rows) continue;
      const of = found.get(member);
      if (of === undefined) found.set(member, [name]);
      else of.push(name);
    }
  }
  return found;
}

function textAt(values: unknown, place: number): string {
  const value: unknown = Array.isArray(values) ? values[place] : undefined;
  if (typeof value !== 'string') throw new FrameError(`column ${place} of a row is not text`);
  return value;
}

function textOrNull(values: unknown[], place: number): string | null {
  const value = values[place];
  return typeof value === 'string' ? value : null;
}

function numberOrNull(values: unknown[], place: number): number | null {
  const value = values[place];
  return typeof value === 'number' ? value : null;
}

function readCounts(frame: Record<string, unknown>): Counts {
  const counts = frame['counts'];
  if (typeof counts !== 'object' || counts === null) throw new FrameError('a frame has no counts');
  const of = (key: string): number => {
    const value = (counts as Record<string, unknown>)[key];
    return typeof value === 'number' ? value : 0;
  };
  const phases = (counts as Record<string, unknown>)['phases'];
  return {
    total: of('total'),
    on: of('on'),
    off: of('off'),
    unknown: of('unknown'),
    other: of('other'),
    unavailable: of('unavailable'),
    busy: of('busy'),
    waiting: of('waiting'),
    phases: typeof phases === 'object' && phases !== null ? (phases as Record<string, number>) : {},
  };
}

function readTime(frame: Record<string, unknown>): number {
  const at = Date.parse(String(frame['at']));
  if (Number.isNaN(at)) throw new FrameError('a frame does not say when it was made');
  return at;
}
