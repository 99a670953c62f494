// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, it, vi } from 'vitest';
import Grid from './Grid.svelte';
import { step, visibleRows } from './grid';

afterEach(cleanup);

it('only what is near the window is rendered', () => {
  expect(visibleRows(10_000, 0, 600)).toEqual({ first: 0, last: 28 });
  expect(visibleRows(10_000, 3_000, 600)).toEqual({ first: 92, last: 128 });
  expect(visibleRows(3, 90_000, 600)).toEqual({ first: 0, last: 3 });
});

it('keys lead from cell to cell and not beyond the edge', () => {
  const at = { row: 0, column: 2 };
  expect(step('ArrowUp', at, 5, 3, 10)).toEqual(at);
  expect(step('ArrowRight', at, 5, 3, 10)).toEqual(at);
  expect(step('PageDown', at, 5, 3, 10)).toEqual({ row: 4, column: 2 });
  expect(step('Home', at, 5, 3, 10)).toEqual({ row: 0, column: 0 });
  expect(step('a', at, 5, 3, 10)).toBeNull();
});

it('a grid says how large it is, and Tab leads to one cell of it', () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => `x${index}`);
  const cell = createRawSnippet((row: () => string) => ({ render: () => `<span>${row()}</span>` }));
  render(Grid<string, 'id' | 'power'>, {
    label: 'Fleet',
    columns: [
      { id: 'id', title: 'Component', width: '1fr' },
      { id: 'power', title: 'Power', width: '1fr' },
    ],
    rows,
    key: (row: string) => row,
    cell,
  });
  const grid = screen.getByRole('grid', { name: 'Fleet' });
  expect(grid.getAttribute('aria-rowcount')).toBe('1001');
  expect(screen.getAllByRole('columnheader')).toHaveLength(2);
  const cells = screen.getAllByRole('gridcell');
  expect(cells.length).toBeLessThan(100);
  expect(cells.filter((cell) => cell.tabIndex === 0)).toHaveLength(1);
  expect(screen.getAllByRole('row')[1]?.getAttribute('aria-rowindex')).toBe('2');
});

it('a grid whose rows can be selected says which are, and hands keys on rows over', async () => {
  const pressed: string[] = [];
  const cell = createRawSnippet((row: () => string) => ({ render: () => `<span>${row()}</span>` }));
  render(Grid<string, 'id'>, {
    label: 'Fleet',
    columns: [{ id: 'id', title: 'Component', width: '1fr' }],
    rows: ['a', 'b'],
    key: (row: string) => row,
    cell,
    selected: (row: string) => row === 'b',
    sorted: { by: 'id', down: true },
    onrowkey: (event: KeyboardEvent, row: string) => {
      pressed.push(`${event.key} on ${row}`);
      return event.key === ' ';
    },
  });
  expect(screen.getByRole('grid').getAttribute('aria-multiselectable')).toBe('true');
  expect(screen.getByRole('columnheader').getAttribute('aria-sort')).toBe('descending');
  const rows = screen.getAllByRole('row').slice(1);
  expect(rows.map((row) => row.getAttribute('aria-selected'))).toEqual(['false', 'true']);
  const [first] = screen.getAllByRole('gridcell');
  first?.focus();
  const space = new KeyboardEvent('keydown', { key: ' ', bubbles: true, cancelable: true });
  first?.dispatchEvent(space);
  expect(space.defaultPrevented).toBe(true);
  first?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  await vi.waitFor(() => {
    expect(document.activeElement?.textContent.trim()).toBe('b');
  });
  expect(pressed).toEqual(['  on a', 'ArrowDown on a']);
});

it('a row that goes away leaves the focus in its place, and one that moves takes it along', async () => {
  const within: boolean[] = [];
  const cell = createRawSnippet((row: () => string) => ({ render: () => `<span>${row()}</span>` }));
  const props = {
    label: 'Fleet',
    columns: [{ id: 'id' as const, title: 'Component', width: '1fr' }],
    key: (row: string) => row,
    cell,
    onfocus: (has: boolean) => within.push(has),
  };
  const { rerender } = render(Grid<string, 'id'>, { ...props, rows: ['a', 'b', 'c', 'd'] });
  const focused = async (rows: string[], id: string) => {
    await rerender({ ...props, rows });
    await vi.waitFor(() => {
      expect(document.activeElement?.textContent.trim()).toBe(id);
    });
  };
  screen.getAllByRole('gridcell')[1]?.focus();
  expect(within.at(-1)).toBe(true);
  await focused(['a', 'c', 'd'], 'c');
  await focused(['d', 'c', 'a'], 'c');
  await focused(['a', 'd'], 'd');
  await focused(['a'], 'a');
  expect(within.at(-1)).toBe(true);
  (document.activeElement as HTMLElement).blur();
  expect(within.at(-1)).toBe(false);
});

it('on a narrow screen a row has its second line', () => {
  vi.stubGlobal('matchMedia', () => ({
    matches: true,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  const snippet = (what: string) =>
    createRawSnippet((row: () => string) => ({ render: () => `<span>${what} of ${row()}</span>` }));
  render(Grid<string, 'id'>, {
    label: 'Fleet',
    columns: [{ id: 'id', title: 'Component', width: '1fr' }],
    rows: ['a', 'b'],
    key: (row: string) => row,
    cell: snippet('id'),
    second: snippet('rest'),
  });
  expect(screen.getAllByRole('gridcell').map((each) => each.textContent.trim())).toEqual([
    'id of a',
    'rest of a',
    'id of b',
    'rest of b',
  ]);
  expect(screen.getByRole('grid').style.getPropertyValue('--row-height')).toBe('50px');
  vi.unstubAllGlobals();
});
