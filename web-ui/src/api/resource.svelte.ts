/** The shortest time between two readings of the same thing. */
const SHORTEST_PAUSE_MS = 300;
/** How often reading may keep the service and this page busy: a quarter of the time. */
const PAUSE_PER_COST = 3;

/** Something of the API that is read again whenever there is a sign that it changed, but never faster than it can be read. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  /** Why the last reading failed; null after one that did not. */
  error = $state.raw<Error | null>(null);
  /** When the value was read, by the clock of this machine. */
  readAt = $state.raw<number | null>(null);

  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #closed = new AbortController();
  #state: 'idle' | 'busy' | 'busy, then again' = 'idle';

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  /** Reads now, or as soon as the last reading is long enough ago. */
  refresh(): void {
    if (this.#closed.signal.aborted) return;
    if (this.#state !== 'idle') {
      this.#state = 'busy, then again';
      return;
    }
    this.#state = 'busy';
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const signal = this.#closed.signal;
    const begun = performance.now();
    try {
      const value = await this.#read(signal);
      if (signal.aborted) return;
      this.value = value;
      this.error = null;
      this.readAt = Date.now();
    } catch (error) {
      if (signal.aborted) return;
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    const cost = performance.now() - begun;
    setTimeout(
      () => {
        const again = this.#state === 'busy, then again';
        this.#state = 'idle';
        if (again) this.refresh();
      },
      Math.max(SHORTEST_PAUSE_MS, cost * PAUSE_PER_COST),
    );
  }
}
