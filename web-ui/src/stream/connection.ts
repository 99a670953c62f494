import { unauthorized } from '../api/unauthorized';
import { EventParser, type ServerEvent } from './events';

/** How a stream stands. Times are in ms since the epoch by this machine's clock. */
export type Status =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'offline'; readonly since: number; readonly why: string };

export interface Options {
  readonly address: string;
  /** What is done with an event. When it throws, the connection is closed and a new one is tried. */
  readonly received: (event: ServerEvent) => void;
  readonly changed: (status: Status) => void;
  /** Called when anything was heard, a comment or a part of an event too, after the events that were complete by it. */
  readonly heard?: () => void;
  /** Whether a new connection goes on behind the last event instead of from the beginning. */
  readonly resume: boolean;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/** The service sends at least a comment every 15 s; a stream that is silent for longer than this is dead. */
const SILENCE_MS = 40_000;
const NO_ANSWER = 'the service does not answer';

/**
 * A stream of server-sent events that is opened again when it breaks.
 *
 * It reads the body of a request instead of using EventSource, which gives up for good on any answer but 200, as a proxy gives while
 * the service restarts, does not notice a connection that died without a word, and can send no header.
 */
export class Connection {
  readonly #options: Options;
  #open: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryAfter = FIRST_RETRY_MS;
  #offlineSince: number | null = null;
  #lastId = '';

  constructor(options: Options) {
    this.#options = options;
  }

  /** Opens the stream unless it is open. */
  start(): void {
    if (this.#open !== null) return;
    clearTimeout(this.#timer);
    if (this.#offlineSince === null) this.#options.changed({ kind: 'connecting' });
    const open = new AbortController();
    this.#open = open;
    this.#read(open.signal).then(
      () => {
        this.#failed(open, NO_ANSWER);
      },
      (error: unknown) => {
        // What the network says of itself differs between browsers and helps nobody.
        this.#failed(
          open,
          error instanceof TypeError || !(error instanceof Error) ? NO_ANSWER : error.message,
        );
      },
    );
  }

  /** Closes the stream until it is started again. */
  stop(): void {
    this.#close();
    this.#offlineSince = null;
    this.#retryAfter = FIRST_RETRY_MS;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { address, received, changed, heard, resume } = this.#options;
    const headers = new Headers({ accept: 'text/event-stream' });
    if (resume && this.#lastId !== '') headers.set('last-event-id', this.#lastId);
    this.#watch();
    const response = await fetch(address, { headers, signal, cache: 'no-store' });
    if (response.status === 401) unauthorized();
    if (!response.ok || response.body === null)
      throw new Error(`the service answered with status ${response.status}`);
    changed({ kind: 'live' });
    this.#offlineSince = null;
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#watch();
      for (const event of parser.push(value)) {
        if (signal.aborted) return;
        this.#lastId = event.id;
        this.#retryAfter = FIRST_RETRY_MS;
        received(event);
      }
      if (parser.lastId !== '') this.#lastId = parser.lastId;
      heard?.();
    }
  }

  /** Begins to wait anew for a sign of life. */
  #watch(): void {
    const open = this.#open;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (open !== null) this.#failed(open, `the service was silent for ${SILENCE_MS / 1_000} s`);
    }, SILENCE_MS);
  }

  #failed(open: AbortController, why: string): void {
    if (this.#open !== open) return;
    this.#close();
    this.#offlineSince ??= Date.now();
    this.#options.changed({ kind: 'offline', since: this.#offlineSince, why });
    // Spread, so that the pages of a whole control room do not come back in one moment.
    const wait = this.#retryAfter * (0.8 + 0.4 * Math.random());
    this.#retryAfter = Math.min(this.#retryAfter * 2, LONGEST_RETRY_MS);
    this.#timer = setTimeout(() => {
      this.start();
    }, wait);
  }

  #close(): void {
    clearTimeout(this.#timer);
    const open = this.#open;
    this.#open = null;
    open?.abort();
  }
}
