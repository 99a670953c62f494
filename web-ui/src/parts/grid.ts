/** The height of a row in pixels; the stylesheet of the grid gets it from here. */
export const ROW_HEIGHT = 30;
/** The height of a row that has a second line, on narrow screens. */
export const TALL_ROW_HEIGHT = 50;
/** Rows rendered above and below what is seen, so that scrolling does not show holes. */
const OVERSCAN = 8;

/** One column of a grid. */
export interface Column<Id extends string> {
  readonly id: Id;
  readonly title: string;
  /** A width of CSS: fixed, or a share of what is left. It never depends on what stands in the column. */
  readonly width: string;
  /** The width on narrow screens, where it differs; null leaves the column out there. */
  readonly narrow?: string | null;
}

/** The rows to render: from `first`, up to and without `last`. */
export function visibleRows(
  count: number,
  scrollTop: number,
  height: number,
  rowHeight = ROW_HEIGHT,
): { readonly first: number; readonly last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - OVERSCAN);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  return { first, last };
}

/** One cell of a grid. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads from a cell; null for keys that lead nowhere. */
export function step(key: string, from: Place, rows: number, columns: number, page: number): Place | null {
  const to = (row: number, column: number): Place => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  switch (key) {
    case 'ArrowDown':
      return to(from.row + 1, from.column);
    case 'ArrowUp':
      return to(from.row - 1, from.column);
    case 'ArrowRight':
      return to(from.row, from.column + 1);
    case 'ArrowLeft':
      return to(from.row, from.column - 1);
    case 'PageDown':
      return to(from.row + page, from.column);
    case 'PageUp':
      return to(from.row - page, from.column);
    case 'Home':
      return to(from.row, 0);
    case 'End':
      return to(from.row, columns - 1);
    default:
      return null;
  }
}
