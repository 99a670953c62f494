import { get, getComponent, getTask, Refused } from '../api/client';
import { Resource } from '../api/resource.svelte';
import type { Component, Task } from '../api/types';
import { logLine, type LogEvent } from '../transition/log';
import type { EventPage } from '../tasks/types';
import type { TransitionSummary } from '../transitions/types';

/** A component with the tasks in its line. */
export interface Sight {
  readonly component: Component;
  /** By id. One that ended between the two readings is not there. */
  readonly tasks: ReadonlyMap<string, Task>;
}

/** Reads a component, and everything about the tasks in its line: who asked and why, and what was tried. */
export function componentFeed(id: string): Resource<Sight> {
  return new Resource(async (signal) => {
    const component = await getComponent(id, signal);
    const tasks = await Promise.all((component.queue ?? []).map(({ task }) => readTask(task, signal)));
    return { component, tasks: new Map(tasks.flatMap((task) => (task === null ? [] : [[task.id, task]]))) };
  });
}

async function readTask(id: string, signal: AbortSignal): Promise<Task | null> {
  try {
    return await getTask(id, signal);
  } catch (error) {
    if (error instanceof Refused && error.notFound) return null;
    throw error;
  }
}

/** What happened to a component. */
export interface Past {
  /** The newest events, newest first. */
  readonly events: readonly LogEvent[];
  readonly transitions: readonly TransitionSummary[];
  /** The task that ended last, where an event of it is kept. */
  readonly last: Task | null;
  /** Whether older events are no longer kept. */
  readonly pruned: boolean;
}

const EVENTS_AT_ONCE = 1_000;
/** The log of a component that has more than so many pages is told from the last of these. */
const MOST_PAGES = 20;
const EVENTS_KEPT = 200;
const TRANSITIONS_SHOWN = 10;

/** Reads the past of a component; the log once, and then what is new in it. */
export function pastFeed(id: string): Resource<Past> {
  let next = 'oldest';
  let events: readonly LogEvent[] = [];
  let pruned = false;
  let ended: string | null = null;
  let last: Task | null = null;
  return new Resource(async (signal) => {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ component: id, since: next, limit: String(EVENTS_AT_ONCE) });
      const read = await get<EventPage>(`events?${query.toString()}`, signal);
      next = read.next;
      pruned ||= read.gap != null;
      for (const { kind, task } of read.events) if (kind === 'task.ended') ended = task ?? ended;
      events = [...read.events.map(logLine).reverse(), ...events].slice(0, EVENTS_KEPT);
      if (read.events.length < EVENTS_AT_ONCE) break;
    }
    if (ended !== null && ended !== last?.id) last = await readTask(ended, signal);
    const query = new URLSearchParams({ component: id, limit: String(TRANSITIONS_SHOWN) });
    const { transitions } = await get<{ transitions: TransitionSummary[] }>(
      `transitions?${query.toString()}`,
      signal,
    );
    return { events, transitions, last, pruned };
  });
}
