import { apiAddress } from '../address';
import { getFailures, getTransition, Refused } from '../api/client';
import { Resource } from '../api/resource.svelte';
import type { FailureGroups, Transition } from '../api/types';
import { Connection, type Status } from '../stream/connection';
import type { ServerEvent } from '../stream/events';
import { logLine, readEvent, type LogEvent } from './log';
import { Timeline } from './timeline';

/** How many events of the log are kept for the screen. */
const LOG_LENGTH = 200;
/** How long events are gathered before the screen learns of them. */
const GATHER_MS = 100;

/** One transition with its failures, its log and its timeline, for as long as somebody looks at it. */
export class TransitionFeed {
  readonly transition: Resource<Transition>;
  readonly failures: Resource<FailureGroups>;
  /** The newest events, newest first. */
  log = $state.raw<readonly LogEvent[]>([]);
  /** Events of it that came; whoever shows the timeline looks at it to learn of more. */
  heard = $state(0);
  readonly timeline: Timeline;
  /** What the event of its acceptance says; null before it came. */
  accepted = $state.raw<unknown>(null);
  /** Whether events are missing in the log, because the service no longer keeps them. */
  incomplete = $state(false);
  status = $state.raw<Status>({ kind: 'connecting' });
  readonly #connection: Connection;
  #failed = '';
  #gathered: LogEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string) {
    this.timeline = new Timeline(id);
    this.failures = new Resource((signal) => getFailures(id, signal));
    this.transition = new Resource((signal) => this.#read(id, signal));
    this.#connection = new Connection({
      address: apiAddress(`transitions/${encodeURIComponent(id)}/events`),
      received: (event) => {
        this.#received(event);
      },
      changed: (status) => {
        this.status = status;
        // What happened while nobody listened is in no event that comes later.
        if (status.kind === 'live') this.transition.refresh();
      },
      resume: true,
    });
  }

  /** Follows the transition; also after a pause. */
  start(): void {
    this.transition.refresh();
    if (this.status.kind !== 'ended') this.#connection.start();
  }

  /** Holds what is shown still. */
  pause(): void {
    this.#connection.stop();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#connection.stop();
    this.transition.close();
    this.failures.close();
  }

  async #read(id: string, signal: AbortSignal): Promise<Transition> {
    try {
      const transition = await getTransition(id, signal);
      // What is tried again has failures too, which are no failed components yet.
      const met = transition.members.filter(({ failure }) => failure != null).length;
      const failed = `${transition.counts.failed + transition.counts.unsupported} ${met}`;
      if (failed !== this.#failed) this.failures.refresh();
      this.#failed = failed;
      return transition;
    } catch (error) {
      if (error instanceof Refused && error.notFound) this.#connection.stop();
      throw error;
    }
  }

  #received(event: ServerEvent): void {
    this.transition.refresh();
    if (event.kind === 'end') {
      this.#connection.stop();
      this.status = { kind: 'ended' };
      return;
    }
    if (event.kind === 'gap') {
      this.incomplete = true;
      return;
    }
    const read = readEvent(event);
    if (read === null) return;
    this.timeline.apply(read);
    if (read.kind === 'transition.accepted') this.accepted = read.data;
    this.#gathered.push(logLine(read));
    this.#timer ??= setTimeout(() => {
      this.#show();
    }, GATHER_MS);
  }

  #show(): void {
    this.#timer = undefined;
    this.heard += this.#gathered.length;
    this.log = [...this.#gathered.reverse(), ...this.log].slice(0, LOG_LENGTH);
    this.#gathered = [];
  }
}
