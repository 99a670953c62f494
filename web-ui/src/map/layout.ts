/** Where on the map each component is drawn: cabinets side by side, in each its chassis, in each their slots. */
import { byNumber, placeOf } from './place';

/** The place of one component, in pixels of the page. */
export interface Cell {
  /** The index of its row. */
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A cabinet, or all that stand in none. */
export interface Block {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** From one cell to the next. */
  readonly pitch: number;
  /** In the order of rows. */
  readonly cells: readonly Cell[];
  readonly blocks: readonly Block[];
}

/** From one cell to the next: the largest that fits is taken. */
const PITCHES = [16, 14, 12, 10, 8, 7, 6, 5];
/** Cells that lie closer could not be hit; a map that does not fit so is scrolled. */
const PITCH_MIN = 4;
const LABEL = 15;
const CABINET_GAP = 10;
/** Between slots and, added to that, between chassis; less where cells are small. */
const slotGap = (pitch: number): number => (pitch > 5 ? 2 : 1);
const chassisGap = (pitch: number): number => (pitch > 5 ? 3 : 1);
const CABINET_WIDTH_MIN = 44;
/** Slots beside each other in a chassis. */
const SLOTS_IN_LINE = 8;
/** How many of those that stand in no cabinet are side by side. */
const OTHERS_IN_LINE = 24;
/** What manages or holds others is drawn smaller than they are. */
const SMALL = 0.62;

/** Row indexes by slot, by chassis, by cabinet. */
type Slots = Map<string, number[]>;
type Cabinets = Map<number | null, Map<string, Slots>>;

export function layoutOf(ids: readonly string[], width: number, height: number): Layout {
  const places = ids.map(placeOf);
  const cabinets: Cabinets = new Map();
  places.forEach(({ cabinet, chassis, slot }, index) => {
    const inCabinet = entry(cabinets, cabinet, () => new Map<string, Slots>());
    const inChassis = entry(inCabinet, chassis, () => new Map<string, number[]>());
    entry(inChassis, slot, () => []).push(index);
  });
  const leaves = places.map(({ leaf }) => leaf);
  let layout = place(cabinets, leaves, PITCH_MIN, width);
  for (const pitch of PITCHES) {
    const larger = place(cabinets, leaves, pitch, width);
    if (larger.height > height) continue;
    layout = larger;
    break;
  }
  return layout;
}

/** The cell at a point; also one that it misses by less than the gap. */
export function cellAt(layout: Layout, x: number, y: number): Cell | null {
  const reach = layout.pitch / 2;
  const hit = layout.cells.find(
    (cell) => Math.abs(cell.x + cell.size / 2 - x) <= reach && Math.abs(cell.y + cell.size / 2 - y) <= reach,
  );
  return hit ?? null;
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function place(cabinets: Cabinets, leaves: readonly boolean[], pitch: number, width: number): Layout {
  const cells: Cell[] = [];
  const blocks: Block[] = [];
  let x = 0;
  let y = 0;
  let bottom = 0;
  // What stands in no cabinet comes last.
  const order = [...cabinets.keys()].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  for (const cabinet of order) {
    const units = cabinets.get(cabinet);
    if (units === undefined) continue;
    const block = cabinet === null ? placeOthers(units, pitch) : placeCabinet(units, leaves, pitch);
    if (x > 0 && x + block.width > width) {
      x = 0;
      y = bottom + CABINET_GAP;
    }
    for (const cell of block.cells) cells[cell.index] = { ...cell, x: x + cell.x, y: y + LABEL + cell.y };
    const size = { width: Math.max(block.width, CABINET_WIDTH_MIN), height: LABEL + block.height };
    blocks.push({ label: cabinet === null ? 'others' : `x${cabinet}`, x, y, ...size });
    x += size.width + CABINET_GAP;
    bottom = Math.max(bottom, y + size.height);
  }
  return { width, height: bottom, pitch, cells, blocks };
}

interface Placed {
  readonly width: number;
  readonly height: number;
  readonly cells: readonly Cell[];
}

function placeCabinet(units: Map<string, Slots>, leaves: readonly boolean[], pitch: number): Placed {
  const cells: Cell[] = [];
  const gap = slotGap(pitch);
  let width = 0;
  let y = 0;
  for (const name of [...units.keys()].sort(byNumber)) {
    const slots = units.get(name);
    if (slots === undefined) continue;
    // All slots of a chassis are as large as the fullest, so that equal things lie below each other.
    const most = Math.max(...[...slots.values()].map(({ length }) => length));
    const across = Math.ceil(Math.sqrt(most));
    const down = Math.ceil(most / across);
    const names = [...slots.keys()].sort(byNumber);
    names.forEach((slot, place) => {
      const left = (place % SLOTS_IN_LINE) * (across * pitch + gap);
      const top = y + Math.floor(place / SLOTS_IN_LINE) * (down * pitch + gap);
      slots.get(slot)?.forEach((index, nth) => {
        const at = { x: left + (nth % across) * pitch, y: top + Math.floor(nth / across) * pitch };
        cells.push(cellOf(index, at, pitch, leaves[index] === true));
      });
    });
    width = Math.max(width, Math.min(names.length, SLOTS_IN_LINE) * (across * pitch + gap));
    y += Math.ceil(names.length / SLOTS_IN_LINE) * (down * pitch + gap) + chassisGap(pitch);
  }
  return { width, height: y, cells };
}

function placeOthers(units: Map<string, Slots>, pitch: number): Placed {
  const indexes = [...units.values()].flatMap((slots) => [...slots.values()].flat());
  const cells = indexes.map((index, nth) => {
    const at = { x: (nth % OTHERS_IN_LINE) * pitch, y: Math.floor(nth / OTHERS_IN_LINE) * pitch };
    return cellOf(index, at, pitch, true);
  });
  const width = Math.min(indexes.length, OTHERS_IN_LINE) * pitch;
  return { width, height: Math.ceil(indexes.length / OTHERS_IN_LINE) * pitch, cells };
}

function cellOf(index: number, at: { x: number; y: number }, pitch: number, leaf: boolean): Cell {
  const full = pitch - 1;
  const size = leaf ? full : Math.max(2, Math.round(full * SMALL));
  const inset = Math.floor((full - size) / 2);
  return { index, x: at.x + inset, y: at.y + inset, size };
}
