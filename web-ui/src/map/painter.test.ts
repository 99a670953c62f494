import { afterEach, expect, it, vi } from 'vitest';
import { row } from '../fleet/sample';
import { layoutOf } from './layout';
import { lookOf } from './look';
import { Painter, type Palette } from './painter';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('the map is as sharp as the screen, and knows what it has drawn', () => {
  vi.stubGlobal('devicePixelRatio', 2);
  const context = { scale: vi.fn(), fillText: vi.fn(), fillRect: vi.fn(), strokeRect: vi.fn() };
  const canvas = { width: 0, height: 0, getContext: () => context };
  const layout = layoutOf(['x0c0s0b0n0', 'x0c0s1b0n0'], 300, 100);
  const painter = new Painter(canvas as unknown as HTMLCanvasElement, layout, {} as Palette);
  expect(canvas.width).toBe(600);
  expect(context.scale).toHaveBeenCalledWith(2, 2);
  expect(context.fillText).toHaveBeenCalledWith('x0', 0, 0, expect.any(Number));

  const on = lookOf(row(), false, false);
  expect(painter.shows(1, on)).toBe(false);
  painter.paint(1, on);
  expect(painter.shows(1, on)).toBe(true);
  expect(painter.shows(1, lookOf(row(), false, true))).toBe(false);
  expect(painter.shows(0, on)).toBe(false);
  const { x, y, size } = layout.cells[1] ?? { x: 0, y: 0, size: 0 };
  expect(context.fillRect).toHaveBeenLastCalledWith(x, y, size, size);
  painter.paint(1, lookOf(row(), false, true));
  expect(context.strokeRect).toHaveBeenCalledOnce();
});
