import type { Event } from '../tasks/types';
import * as words from '../words';

/** One stretch of time in which a component stood at one point. */
export interface Band {
  /** A phase, or an outcome once it has ended. */
  readonly state: string;
  readonly ended: boolean;
  /** In ms since the epoch by the service's clock. */
  readonly from: number;
  /** Null while it lasts; an outcome lasts for no time. */
  readonly to: number | null;
}

type Told = Pick<Event, 'kind' | 'component' | 'at' | 'data' | 'transition'>;

/** What happened to each component of a transition, built event by event. */
export class Timeline {
  readonly #own: string;
  readonly #bands = new Map<string, Band[]>();
  readonly #sent = new Set<string>();
  readonly #sharers = new Map<string, Set<string>>();
  /** The first and the last moment that an event tells of. */
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;

  constructor(own: string) {
    this.#own = own;
  }

  /** The other transitions that share the task of a component. */
  sharers(component: string): ReadonlySet<string> {
    return this.#sharers.get(component) ?? NOBODY;
  }

  /** Whether anything was ever sent to the component in this transition. */
  wasSent(component: string): boolean {
    return this.#sent.has(component);
  }

  bands(component: string): readonly Band[] {
    return this.#bands.get(component) ?? [];
  }

  apply(event: Told): void {
    const at = Date.parse(event.at);
    if (Number.isNaN(at)) return;
    this.from = Math.min(this.from, at);
    this.to = Math.max(this.to, at);
    if (event.component == null) return;
    if (event.kind === 'task.intent') this.#sent.add(event.component);
    if (this.#isOfAnother(event, event.component)) return;
    const state = stateAfter(event.kind, event.data);
    if (state === null) return;
    const bands = this.#bands.get(event.component);
    if (bands === undefined) this.#bands.set(event.component, [{ ...state, from: at, to: null }]);
    // Whoever joins a task finds it where it is.
    else if (event.kind !== 'task.joined') follow(bands, state, at);
  }

  /** Takes in that another request shares the task, or does no more. That moves nothing for this one. */
  #isOfAnother({ kind, transition }: Told, component: string): boolean {
    if (transition == null || transition === this.#own) return false;
    const sharers = this.#sharers.get(component) ?? new Set<string>();
    if (kind === 'task.accepted' || kind === 'task.joined') sharers.add(transition);
    else if (kind === 'task.detached') sharers.delete(transition);
    else return false;
    this.#sharers.set(component, sharers);
    // What another request began was there before this one joined it.
    return kind !== 'task.accepted';
  }
}

const NOBODY: ReadonlySet<string> = new Set();

interface State {
  readonly state: string;
  readonly ended: boolean;
}

const open = (state: string): State => ({ state, ended: false });

/** Where a component stands after an event; null for events that change nothing of it. */
function stateAfter(kind: string, data: unknown): State | null {
  const said = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  switch (kind) {
    case 'task.accepted':
    case 'task.joined':
    case 'task.resumed':
      return open('queued');
    case 'task.paused':
      return open('paused');
    case 'task.intent':
      return open('intent');
    case 'task.answered':
      return open(wasExecuted(said['delivery']) ? 'verifying' : 'backoff');
    case 'task.detached':
      return { state: text(said['outcome']) ?? 'cancelled', ended: true };
    case 'task.ended':
      return { state: text(said['outcome']) ?? 'done', ended: true };
    default:
      return null;
  }
}

function wasExecuted(delivery: unknown): boolean {
  const said = (typeof delivery === 'object' && delivery !== null ? delivery : {}) as Record<string, unknown>;
  return said['delivery'] !== 'not-sent' && said['executed'] !== 'no';
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Ends the last band and begins the next; equal neighbours are one, and what lasted for no time is none. */
function follow(bands: Band[], next: State, at: number): void {
  const last = bands[bands.length - 1];
  if (last === undefined) return;
  // A task that ended for this request tells nothing more of it.
  if (last.ended) return;
  if (last.state === next.state) return;
  if (last.from >= at) bands.pop();
  else bands[bands.length - 1] = { ...last, to: at };
  const before = bands[bands.length - 1];
  if (before !== undefined && before.state === next.state && !next.ended)
    bands[bands.length - 1] = { ...before, to: null };
  else bands.push({ ...next, from: at, to: next.ended ? at : null });
}

export const word = (band: Band): words.Word =>
  band.ended ? words.outcome(band.state) : words.phase(band.state);
