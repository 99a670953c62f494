import { apiAddress } from '../address';
import { FleetStore } from '../fleet/store.svelte';
import { Connection, type Status } from './connection';

/**
 * The one stream of this tab that is always there while the tab is looked at: it feeds the fleet and says whether the service
 * answers. It is closed while the tab is hidden, because browsers allow few connections to one place.
 */
export class Live {
  readonly fleet = new FleetStore();
  status = $state.raw<Status>({ kind: 'connecting' });
  #paused = $state(false);
  #hidden = $state(false);
  readonly #connection = new Connection({
    address: apiAddress('fleet/stream'),
    received: ({ kind, data }) => {
      if (kind === 'snapshot') this.fleet.applySnapshot(data);
      else if (kind === 'delta') this.fleet.applyDelta(data);
    },
    changed: (status) => {
      this.status = status;
    },
    resume: false,
  });

  /** Begins; the function returned ends it. */
  start(): () => void {
    const look = () => {
      this.#hidden = document.hidden;
      this.#follow();
    };
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      this.#connection.stop();
    };
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether streams are to be open: somebody looks, and wants to see what changes. */
  get watching(): boolean {
    return !this.#paused && !this.#hidden;
  }

  /** Holds the picture still. Going on begins with a new snapshot. */
  pause(): void {
    this.#paused = true;
    this.#follow();
    this.status = { kind: 'paused' };
  }

  resume(): void {
    this.#paused = false;
    this.#follow();
  }

  #follow(): void {
    if (this.watching) this.#connection.start();
    else this.#connection.stop();
  }
}
