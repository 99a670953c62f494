import { get } from '../api/client';
import { Resource } from '../api/resource.svelte';
import { BACK_STEP, FIRST_BACK, FURTHEST_BACK, placeBefore } from './place';
import type { Event, EventPage } from './types';

/** The most events that are shown. */
export const MOST = 1_000;
/** The most pages that are read in one go; what is further on comes with the next reading. */
const PAGES = 20;

/** What has been read of the log. */
export interface Log {
  /** Newest first. */
  readonly events: readonly Event[];
  /** Whether events were left out because there were too many, or are no longer kept. */
  readonly cut: boolean;
  readonly pruned: boolean;
  /** Whether it begins with the oldest event that is kept. */
  readonly whole: boolean;
  /** Where reading goes on. */
  readonly place: string;
  /** What it was narrowed by, and how far back it began. */
  readonly of: string;
}

/** The event log from its end backwards, and on as it grows. */
export class EventsFeed {
  readonly log: Resource<Log>;
  #back = $state(FIRST_BACK);
  readonly #filter: () => string;

  constructor(filter: () => string) {
    this.#filter = filter;
    this.log = new Resource((signal) => this.#read(signal), filter);
  }

  /** Whether it can be looked further back. */
  get canGoBack(): boolean {
    const log = this.log.value;
    return log !== null && !log.whole && !log.cut && !log.pruned && this.#back <= FURTHEST_BACK;
  }

  lookFurtherBack(): void {
    this.#back *= BACK_STEP;
    this.log.refresh();
  }

  async #read(signal: AbortSignal): Promise<Log> {
    const filter = this.#filter();
    const of = `${filter} ${this.#back}`;
    const before = this.log.value;
    if (before?.of === of) return follow(before, filter, signal);
    const now = await get<EventPage>('events?since=now&limit=1', signal);
    const place = placeBefore(now.next, this.#back);
    const whole = place === 'oldest';
    return follow({ events: [], cut: false, pruned: false, whole, place, of }, filter, signal);
  }
}

/** Reads on from where a log ends. */
async function follow(from: Log, filter: string, signal: AbortSignal): Promise<Log> {
  let log = from;
  for (let page = 0; page < PAGES; page += 1) {
    const since = `events?since=${encodeURIComponent(log.place)}&limit=${MOST}`;
    const read = await get<EventPage>(filter === '' ? since : `${since}&${filter}`, signal);
    const more = read.next !== log.place;
    log = added(log, read);
    if (!more) break;
  }
  return log;
}

/** A log with a page more. */
export function added(log: Log, page: EventPage): Log {
  if (page.events.length === 0 && page.gap == null) return { ...log, place: page.next };
  const events = [...[...page.events].reverse(), ...log.events];
  return {
    ...log,
    events: events.slice(0, MOST),
    cut: log.cut || events.length > MOST,
    pruned: log.pruned || page.gap?.reason === 'pruned',
    place: page.next,
  };
}
