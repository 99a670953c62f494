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
      if (document.hidden) this.#connection.stop();
      else if (!this.paused) this.#connection.start();
    };
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      this.#connection.stop();
    };
  }

  get paused(): boolean {
    return this.status.kind === 'paused';
  }

  /** Holds the picture still. Going on begins with a new snapshot. */
  pause(): void {
    this.#connection.stop();
    this.status = { kind: 'paused' };
  }

  resume(): void {
    this.#connection.start();
  }
}
