import { change, newKey, Unreachable } from '../api/client';

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What somebody asked the service to change, from the press of the button to the answer. */
export class Action<T> {
  busy = $state(false);
  /** What the service answered; null before that, and while it is asked anew. */
  answer = $state.raw<T | null>(null);
  error = $state.raw<Error | null>(null);
  readonly #closed = new AbortController();
  #unanswered: { readonly request: string; readonly key: string } | null = null;

  /**
   * Asks for it. The same request that got no answer is sent again with the same key, so that it is carried out once however often the
   * button is pressed.
   */
  async run(method: Method, path: string, body?: unknown): Promise<T | null> {
    if (this.busy) return null;
    const request = JSON.stringify([method, path, body]);
    const key = this.#unanswered?.request === request ? this.#unanswered.key : newKey();
    this.#unanswered = null;
    this.busy = true;
    this.answer = null;
    this.error = null;
    try {
      this.answer = await change<T>(method, path, body, { signal: this.#closed.signal, key });
    } catch (error) {
      if (error instanceof Unreachable) this.#unanswered = { request, key };
      if (!this.#closed.signal.aborted)
        this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.busy = false;
    return this.answer;
  }

  /** Forgets what was answered. */
  clear(): void {
    this.answer = null;
    this.error = null;
  }

  close(): void {
    this.#closed.abort();
  }
}
