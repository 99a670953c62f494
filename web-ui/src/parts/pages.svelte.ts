import { Resource } from '../api/resource.svelte';
import { announceFailure } from './announce';
import { joined, type Page } from './pages';

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

/** A list that comes page by page. Reading again renews the newest page and keeps the older ones. */
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
      return { of, ...(await options.read(of, null, signal)) };
    });
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
    try {
      const page = await this.#options.read(newest.of, cursor, this.#closed.signal);
      // What moves out of the newest page in the meantime is kept here.
      const kept = joined(newest.items, this.#behind(newest), this.#options.key);
      this.#older = { of: newest.of, items: [...kept, ...page.items], next: page.next };
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
}
