import { readDelta, readSnapshot, type Counts, type Layout, type Row } from './frame';

/** Runs a function before the next picture is drawn. */
export type Schedule = (flush: () => void) => void;

/**
 * The fleet as last heard of.
 *
 * Frames replace rows in a plain array at once, and the screen learns of it at most once per picture. Deep reactivity over ten
 * thousand rows costs several times as much.
 */
export class FleetStore {
  /** All rows in the order of ids; a new array whenever one of them was replaced. */
  rows = $state.raw<readonly Row[]>([]);
  counts = $state.raw<Counts | null>(null);
  /** When the last frame came, by the clock of this machine; null before the first. */
  heardAt = $state.raw<number | null>(null);

  /** How many snapshots have come: with each of them the inventory may be another. */
  snapshots = $state.raw(0);

  /** How far the service's clock is ahead of this machine's. */
  #ahead = 0;
  #layout: Layout | null = null;
  #latest: Row[] = [];
  #latestCounts: Counts | null = null;
  #latestHeardAt: number | null = null;
  #places: ReadonlyMap<string, number> | null = null;
  #scheduled = false;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule = (flush) => requestAnimationFrame(flush)) {
    this.#schedule = schedule;
  }

  applySnapshot(text: string): void {
    const snapshot = readSnapshot(text);
    this.#layout = snapshot.layout;
    this.#latest = [...snapshot.rows];
    this.#places = snapshot.places;
    this.snapshots += 1;
    this.#heard(snapshot.counts, snapshot.at);
  }

  applyDelta(text: string): void {
    // Without a snapshot there is nothing to change; the one to come holds this change.
    if (this.#layout === null) return;
    const delta = readDelta(text, this.#layout, this.#latest);
    for (const row of delta.rows) this.#latest[row.index] = row;
    this.#heard(delta.counts, delta.at);
  }

  /** The row of a component, as the screen shows it. */
  row(id: string): Row | null {
    const place = this.#places?.get(id);
    const row = place === undefined ? undefined : this.rows[place];
    return row?.id === id ? row : null;
  }

  /** A moment of this machine's clock as the service's clock shows it. */
  serviceTime(here: number): number {
    return here + this.#ahead;
  }

  #heard(counts: Counts, at: number): void {
    const now = Date.now();
    this.#ahead = at - now;
    this.#latestCounts = counts;
    this.#latestHeardAt = now;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#flush();
    });
  }

  #flush(): void {
    this.#scheduled = false;
    this.rows = this.#latest.slice();
    this.counts = this.#latestCounts;
    this.heardAt = this.#latestHeardAt;
  }
}
