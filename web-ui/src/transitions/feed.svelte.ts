import { get } from '../api/client';
import { Resource } from '../api/resource.svelte';
import { pageAddress } from '../parts/pages';
import { Pages } from '../parts/pages.svelte';
import { transitionFilter, type Narrowing } from './narrow';
import type { TransitionList, TransitionSummary } from './types';

/** The most that run and are shown; that there are more is said. */
const MOST_OPEN = 500;
/** How many of those that have ended come at once. */
const PAGE = 50;
const NOTHING: TransitionList = { transitions: [] };

/** Transitions: those that run, and those that have ended page by page. */
export class TransitionsFeed {
  readonly open: Resource<TransitionList>;
  readonly ended: Pages<TransitionSummary>;

  constructor(narrowing: () => Narrowing) {
    const open = () => (narrowing().status === 'ended' ? '' : transitionFilter(narrowing(), 'open'));
    this.open = new Resource(async (signal) => {
      const of = open();
      return of === '' ? NOTHING : get(pageAddress('transitions', of, MOST_OPEN, null), signal);
    }, open);
    this.ended = new Pages({
      of: () => (narrowing().status === 'open' ? '' : transitionFilter(narrowing(), 'ended')),
      read: async (of, cursor, signal) => {
        if (of === '') return { items: [], next: null };
        const page = await get<TransitionList>(pageAddress('transitions', of, PAGE, cursor), signal);
        return { items: page.transitions, next: page.next ?? null };
      },
      key: ({ id }) => id,
    });
  }

  refresh(): void {
    this.open.refresh();
    this.ended.newest.refresh();
  }

  close(): void {
    this.open.close();
    this.ended.close();
  }
}
