import { apiAddress } from '../address';
import { FleetStore } from '../fleet/store.svelte';
import { now } from '../time.svelte';
import { Connection, type Status } from './connection';

/** The service sends something every 15 s; what has not been confirmed for longer than this may no longer be so. */
const FRESH_MS = 20_000;

/**
 * The one stream of this tab that is always there while the tab is looked at: it feeds the fleet and says whether the service
 * answers. It is closed while the tab is hidden, because browsers allow few connections to one place.
 */
export class Live {
  readonly fleet = new FleetStore();
  status = $state.raw<Status>({ kind: 'connecting' });
  #paused = $state(false);
  #hidden = $state(false);
  /** Whether the snapshot of this connection has come, so that all that is shown is of it. */
  #whole = $state(false);
  /** Not told to the screen, which looks every second: signs come many times as often. */
  #heardAt: number | null = null;
  readonly #connection = new Connection({
    address: apiAddress('fleet/stream'),
    received: ({ kind, data }) => {
      if (kind === 'snapshot') {
        this.fleet.applySnapshot(data);
        this.#whole = true;
      } else if (kind === 'delta') this.fleet.applyDelta(data);
    },
    changed: (status) => {
      this.status = status;
      this.#whole = false;
    },
    heard: () => {
      if (this.#whole) this.#heardAt = Date.now();
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

  /** For how long the service has said nothing of what is shown, not even that it is still so; null before the first snapshot. */
  get age(): number | null {
    void this.#whole;
    const here = now();
    return this.#heardAt === null ? null : Math.max(0, here - this.#heardAt);
  }

  /** Whether what is shown may no longer be so. */
  get stale(): boolean {
    return this.status.kind !== 'live' || !this.#whole || this.age === null || this.age > FRESH_MS;
  }

  /** How the stream stands, in a word: one that is open tells nothing before its snapshot, nor when it says nothing any more. */
  get word(): Status['kind'] | 'silent' {
    if (this.status.kind !== 'live') return this.status.kind;
    if (!this.#whole) return 'connecting';
    return this.stale ? 'silent' : 'live';
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
