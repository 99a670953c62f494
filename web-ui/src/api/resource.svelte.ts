import { untrack } from 'svelte';
import { Refused } from './client';

/** The shortest time between two readings of the same thing. */
const SHORTEST_PAUSE_MS = 300;
/** How often reading may keep the service and this page busy: a quarter of the time. */
const PAUSE_PER_COST = 3;

/** Answers of the kind 4xx after which the same request may be answered otherwise: log in, too slow, too often. */
const PASSING = new Set([401, 408, 429]);

/** Something of the API that is read again whenever there is a sign that it changed, but never faster than it can be read. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  /** Why the last reading failed; null after one that did not. */
  error = $state.raw<Error | null>(null);
  /** When the value was read, by the clock of this machine. */
  readAt = $state.raw<number | null>(null);

  /** What the value was read for, and the last reading made for; null before. */
  #valueOf = $state.raw<string | null>(null);
  #lastOf = $state.raw<string | null>(null);
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #of: (() => string) | null;
  readonly #closed = new AbortController();
  #state: 'idle' | 'busy' | 'busy, then again' | 'busy, then retry' = 'idle';

  /** `of` says what is asked for where that can change, such as the filter of a list. */
  constructor(read: (signal: AbortSignal) => Promise<T>, of: (() => string) | null = null) {
    this.#read = read;
    this.#of = of;
  }

  /** Whether the service refused what is asked for now, so that asking again brings nothing. */
  get isRefused(): boolean {
    if (this.#of === null || this.#lastOf !== this.#of()) return false;
    const { error } = this;
    if (!(error instanceof Refused)) return false;
    const { status } = error.problem;
    return status >= 400 && status < 500 && !PASSING.has(status);
  }

  /** Whether the last reading failed for something else than the value was read for. */
  get isOfAnother(): boolean {
    return this.error !== null && this.#valueOf !== this.#lastOf;
  }

  /** Reads now, or as soon as the last reading is long enough ago; not what was refused. */
  refresh(): void {
    // What is asked for is told by a view, which may be gone.
    if (this.#closed.signal.aborted) return;
    // An effect that reads again is not to be run again by what was read. While something else is being read, the refusal is over.
    if (this.#state === 'idle' && untrack(() => this.isRefused)) return;
    this.#again(false);
  }

  /** Reads as `refresh`, also what was refused. */
  retry(): void {
    if (!this.#closed.signal.aborted) this.#again(true);
  }

  #again(refusedToo: boolean): void {
    if (this.#state === 'idle') {
      this.#state = 'busy';
      void this.#run();
    } else if (refusedToo || this.#state === 'busy') {
      this.#state = refusedToo ? 'busy, then retry' : 'busy, then again';
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const signal = this.#closed.signal;
    const begun = performance.now();
    const of = this.#of?.() ?? '';
    try {
      const value = await this.#read(signal);
      if (signal.aborted) return;
      this.#valueOf = this.#lastOf = of;
      this.value = value;
      this.error = null;
      this.readAt = Date.now();
    } catch (error) {
      if (signal.aborted) return;
      this.#lastOf = of;
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    const cost = performance.now() - begun;
    setTimeout(
      () => {
        const then = this.#state;
        this.#state = 'idle';
        if (then === 'busy, then again') this.refresh();
        if (then === 'busy, then retry') this.retry();
      },
      Math.max(SHORTEST_PAUSE_MS, cost * PAUSE_PER_COST),
    );
  }
}
