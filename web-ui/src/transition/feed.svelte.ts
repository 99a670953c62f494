import { apiAddress } from '../address';
import { getFailures, getTransition, Refused } from '../api/client';
import { Resource } from '../api/resource.svelte';
import type { FailureGroups, Transition } from '../api/types';
import { Connection, type Status } from '../stream/connection';
import type { ServerEvent } from '../stream/events';
import { readLogEvent, type LogEvent } from './log';

/** How many events of the log are kept for the screen. */
const LOG_LENGTH = 200;

/** One transition with its failures and its log, for as long as somebody looks at it. */
export class TransitionFeed {
  readonly transition: Resource<Transition>;
  readonly failures: Resource<FailureGroups>;
  log = $state.raw<readonly LogEvent[]>([]);
  /** Whether events are missing in the log, because the service no longer keeps them. */
  incomplete = $state(false);
  status = $state.raw<Status>({ kind: 'connecting' });
  readonly #connection: Connection;
  #failed = 0;

  constructor(id: string) {
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
    this.#connection.start();
  }

  /** Holds what is shown still. */
  pause(): void {
    this.#connection.stop();
  }

  close(): void {
    this.#connection.stop();
    this.transition.close();
    this.failures.close();
  }

  async #read(id: string, signal: AbortSignal): Promise<Transition> {
    try {
      const transition = await getTransition(id, signal);
      const failed = transition.counts.failed + transition.counts.unsupported;
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
    const entry = readLogEvent(event);
    if (entry !== null) this.log = [entry, ...this.log].slice(0, LOG_LENGTH);
  }
}
