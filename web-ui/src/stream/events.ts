/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** `message` when the service gave no kind. */
  readonly kind: string;
  readonly data: string;
  /** The id of the last event that had one; what to send to go on behind it. */
  readonly id: string;
}

/** The longest event that is taken: a snapshot of a hundred thousand rows has about ten million characters. */
const LONGEST_EVENT = 64 * 1024 * 1024;

/**
 * Takes the text of a stream in pieces of any size and gives the events that are complete. Comments, with which the service shows
 * that it is still there, and fields that a page has no use for are passed over.
 */
export class EventParser {
  #rest = '';
  #kind = '';
  #data: string[] = [];
  #id = '';

  /** The last id that came, also one without an event: the place from which to go on. */
  get lastId(): string {
    return this.#id;
  }

  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const text = this.#rest + piece;
    // A carriage return at the end may be the first half of a line end.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_EVENT) throw new Error('the service sent an event that is too long');
    for (const line of lines) {
      const event = this.#line(line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#kind = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { kind: this.#kind || 'message', data: this.#data.join('\n'), id: this.#id };
    const empty = this.#data.length === 0;
    this.#kind = '';
    this.#data = [];
    return empty ? null : event;
  }
}
