import type { Row } from './frame';
import { added, NO_TICKS, toggled, type Ticks } from './ticks';

/** What a selection stands for when it is sent to the service. */
export type Target = { readonly components: readonly string[] } | { readonly filter: string };

/**
 * What is selected in the table: ticked components, or everything that matches a filter. The latter is the filter itself: the
 * service decides what it stands for when the plan is made, so that nothing is left out that came meanwhile.
 */
export class Selection {
  ticked = $state.raw<Ticks>(NO_TICKS);
  /** The filter of which everything is selected; the empty text is the whole fleet. */
  matching = $state.raw<string | null>(null);
  /** Where a range begins. */
  #anchor: string | null = null;

  get some(): boolean {
    return this.matching !== null || this.ticked.size > 0;
  }

  toggle(id: string): void {
    // Out of everything that matches, one cannot be taken: a new selection begins.
    this.#set(toggled(this.matching === null ? this.ticked : NO_TICKS, id), id);
  }

  /** Ticks what stands between where the last tick was set and here. */
  extend(id: string, rows: readonly Row[]): void {
    const from = rows.findIndex((row) => row.id === this.#anchor);
    const to = rows.findIndex((row) => row.id === id);
    if (from < 0 || to < 0) {
      this.toggle(id);
      return;
    }
    const between = rows.slice(Math.min(from, to), Math.max(from, to) + 1);
    const ids = between.map((row) => row.id);
    this.#set(added(this.ticked, ids), this.#anchor);
  }

  all(filter: string): void {
    this.#set(NO_TICKS, null);
    this.matching = filter.trim();
  }

  clear(): void {
    this.#set(NO_TICKS, null);
  }

  /** What to send; null when nothing is selected. */
  target(): Target | null {
    // The service takes no empty filter: what stands for everything is the pattern of every id.
    if (this.matching !== null) return { filter: this.matching === '' ? '*' : this.matching };
    return this.ticked.size === 0 ? null : { components: [...this.ticked] };
  }

  #set(ticked: Ticks, anchor: string | null): void {
    this.ticked = ticked;
    this.matching = null;
    this.#anchor = anchor;
  }
}
