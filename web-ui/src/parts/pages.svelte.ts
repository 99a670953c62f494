import { Resource } from '../api/resource.svelte';
import { announceFailure } from './announce';
import { behind, joined, type Page } from './pages';

interface Read<T> extends Page<T> {
  /** What was asked for; something else is another list. */
  readonly of: string;
}

interface Options<T> {
  /** What is asked for now, such as the filters in the address. */
  readonly of: () => string;
  readonly read: (of: string, cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;
  readonly key: (item: T) => string;
}

/** A list that comes page by page. Reading again renews the newest page and keeps the older ones, and what moves from one to the other. */
export class Pages<T> {
  readonly newest: Resource<Read<T>>;
  loading = $state(false);
  #older = $state.raw<Read<T> | null>(null);
  readonly #options: Options<T>;
  readonly #closed = new AbortController();

  constructor(options: Options<T>) {
    this.#options = options;
    this.newest = new Resource(async (signal) => {
      const of = options.of();
      const read = { of, ...(await options.read(of, null, signal)) };
      this.#older = this.#behindThat(read);
      return read;
    }, options.of);
  }

  get items(): readonly T[] {
    const newest = this.newest.value;
    if (newest === null) return [];
    return joined(newest.items, this.#behind(newest), this.#options.key);
  }

  get next(): string | null {
    const newest = this.newest.value;
    return newest !== null && this.#older?.of === newest.of ? this.#older.next : (newest?.next ?? null);
  }

  async loadMore(): Promise<void> {
    const [newest, cursor] = [this.newest.value, this.next];
    if (newest === null || cursor === null || this.loading) return;
    this.loading = true;
    // From now on what moves out of the newest page is kept.
    if (this.#older?.of !== newest.of) this.#older = { of: newest.of, items: [], next: cursor };
    try {
      const page = await this.#options.read(newest.of, cursor, this.#closed.signal);
      const older = this.#older;
      // Where the list has gone on without a link to what was shown, the page would leave a hole.
      if (older?.of === newest.of && older.next === cursor)
        this.#older = { of: newest.of, items: [...older.items, ...page.items], next: page.next };
    } catch (error) {
      if (!this.#closed.signal.aborted) announceFailure(error);
    } finally {
      this.loading = false;
    }
  }

  close(): void {
    this.#closed.abort();
    this.newest.close();
  }

  #behind(newest: Read<T>): readonly T[] {
    return this.#older?.of === newest.of ? this.#older.items : [];
  }

  /** What was shown and stands behind a newest page that has just come; null where the two do not meet. */
  #behindThat(read: Read<T>): Read<T> | null {
    const older = this.#older;
    if (older === null || older.of !== read.of || this.newest.value?.of !== read.of) return null;
    const items = behind(this.items, read.items, this.#options.key);
    return items === null ? null : { ...older, items };
  }
}
