/** Draws the map, and of a map that is drawn only what looks different now. */
import type { Cell, Layout } from './layout';
import { readLook, type Fill, type Look } from './look';

/** The colours of the page as it is, dark or light. */
export interface Palette extends Readonly<Record<Fill, string>> {
  readonly ground: string;
  readonly text: string;
  readonly quiet: string;
  readonly bad: string;
  readonly work: string;
}

/** A look that nothing has, so that everything is drawn. */
const NOT_DRAWN = 0xffff;
const DIM = 0.22;
/** Cells below this size have no room for a hollow middle. */
const HOLLOW_FROM = 7;

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  #layout: Layout;
  #palette: Palette;
  #drawn: Uint16Array;

  constructor(canvas: HTMLCanvasElement, layout: Layout, palette: Palette) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('the browser draws no canvas');
    this.#context = context;
    this.#layout = layout;
    this.#palette = palette;
    this.#drawn = new Uint16Array(layout.cells.length).fill(NOT_DRAWN);
    const ratio = devicePixelRatio;
    canvas.width = Math.ceil(layout.width * ratio);
    canvas.height = Math.ceil(layout.height * ratio);
    context.scale(ratio, ratio);
    this.#labels();
  }

  /** Whether a component is drawn with this look already. */
  shows(index: number, look: number): boolean {
    return this.#drawn[index] === look;
  }

  paint(index: number, look: number): void {
    const cell = this.#layout.cells[index];
    if (cell === undefined) return;
    this.#drawn[index] = look;
    this.#cell(cell, readLook(look));
  }

  #labels(): void {
    const context = this.#context;
    context.fillStyle = this.#palette.quiet;
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'top';
    for (const block of this.#layout.blocks) context.fillText(block.label, block.x, block.y, block.width);
  }

  #cell({ x, y, size }: Cell, { fill, mark, dim, selected }: Look): void {
    const context = this.#context;
    context.globalAlpha = 1;
    context.fillStyle = this.#palette.ground;
    context.fillRect(x - 1, y - 1, size + 2, size + 2);
    context.globalAlpha = dim ? DIM : 1;
    context.fillStyle = this.#palette[fill];
    context.fillRect(x, y, size, size);
    if (fill === 'off' && size >= HOLLOW_FROM) {
      context.fillStyle = this.#palette.ground;
      context.fillRect(x + 2, y + 2, size - 4, size - 4);
    }
    if (mark !== 'none') this.#mark(mark, x, y, size);
    if (!selected) return;
    context.globalAlpha = 1;
    context.strokeStyle = this.#palette.text;
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, size + 1, size + 1);
  }

  #mark(mark: Look['mark'], x: number, y: number, size: number): void {
    const context = this.#context;
    const palette = this.#palette;
    if (mark === 'away') {
      context.fillStyle = palette.ground;
      context.fillRect(x, y, size, size);
      context.strokeStyle = palette.bad;
      context.lineWidth = size >= HOLLOW_FROM ? 2 : 1.2;
      context.beginPath();
      context.moveTo(x + 0.5, y + 0.5);
      context.lineTo(x + size - 0.5, y + size - 0.5);
      context.moveTo(x + size - 0.5, y + 0.5);
      context.lineTo(x + 0.5, y + size - 0.5);
      context.stroke();
    } else if (mark === 'failed') {
      context.fillStyle = palette.bad;
      context.beginPath();
      context.moveTo(x + size, y);
      context.lineTo(x + size, y + size);
      context.lineTo(x, y + size);
      context.fill();
    } else if (mark === 'held') {
      const thick = Math.max(1, Math.round(size / 4));
      context.fillStyle = palette.text;
      context.fillRect(x, y + (size - thick) / 2, size, thick);
    } else {
      this.#middle(x, y, size, Math.max(2, Math.round(size / 1.8)), palette.ground);
      if (size >= HOLLOW_FROM) this.#middle(x, y, size, Math.round(size / 3), palette.work);
    }
  }

  #middle(x: number, y: number, size: number, wide: number, colour: string): void {
    this.#context.fillStyle = colour;
    this.#context.fillRect(x + (size - wide) / 2, y + (size - wide) / 2, wide, wide);
  }
}
