import { get } from '../api/client';
import { Resource } from '../api/resource.svelte';
import { announceFailure } from '../parts/announce';
import { pageAddress, type Narrowing } from './narrow';
import { joined, type Read } from './pages';
import type { TransitionList, TransitionSummary } from './types';

/** The most that run and are shown; more than that are told as a number. */
const MOST_OPEN = 500;
/** How many of those that have ended come at once. */
const PAGE = 50;

/** Transitions, page by page. Reading again renews what runs and the newest page, and keeps the older pages. */
export class TransitionsFeed {
  readonly list: Resource<Read>;
  /** The pages behind the first, as they were read. */
  #older = $state.raw<{ of: Narrowing; ended: readonly TransitionSummary[]; next: string | null } | null>(
    null,
  );
  loading = $state(false);
  readonly #closed = new AbortController();

  constructor(narrowing: () => Narrowing) {
    this.list = new Resource((signal) => read(narrowing(), signal));
  }

  get ended(): readonly TransitionSummary[] {
    const first = this.list.value;
    if (first === null) return [];
    const older = this.#older?.of === first.of ? this.#older.ended : [];
    return joined(first, older);
  }

  get next(): string | null {
    const first = this.list.value;
    return this.#older !== null && this.#older.of === first?.of ? this.#older.next : (first?.next ?? null);
  }

  async loadMore(): Promise<void> {
    const [of, cursor] = [this.list.value?.of, this.next];
    if (of === undefined || cursor === null || this.loading) return;
    this.loading = true;
    try {
      const page = await get<TransitionList>(pageAddress(of, 'ended', PAGE, cursor), this.#closed.signal);
      const before = this.#older?.of === of ? this.#older.ended : [];
      // What moves out of the newest page in the meantime must not be lost.
      const kept = joined({ ended: this.list.value?.ended ?? [], open: [] }, before);
      this.#older = { of, ended: [...kept, ...page.transitions], next: page.next ?? null };
    } catch (error) {
      if (!this.#closed.signal.aborted) announceFailure(error);
    } finally {
      this.loading = false;
    }
  }

  close(): void {
    this.#closed.abort();
    this.list.close();
  }
}

async function read(of: Narrowing, signal: AbortSignal): Promise<Read> {
  const none: TransitionList = { transitions: [] };
  const [open, ended] = await Promise.all([
    of.status === 'ended' ? none : get<TransitionList>(pageAddress(of, 'open', MOST_OPEN), signal),
    of.status === 'open' ? none : get<TransitionList>(pageAddress(of, 'ended', PAGE), signal),
  ]);
  return {
    of,
    open: open.transitions,
    moreOpen: open.next != null,
    ended: ended.transitions,
    next: ended.next ?? null,
  };
}
