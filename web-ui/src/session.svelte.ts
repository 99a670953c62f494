import { Refused, closeSession, getSession, openSession } from './api/client';
import type { Session as Who } from './api/types';
import { onUnauthorized } from './api/unauthorized';

/** How long until it is asked again who one is when the service did not answer. */
const RETRY_MS = 2_000;

export type Standing =
  | { readonly kind: 'asking' }
  | { readonly kind: 'away' }
  | { readonly kind: 'login'; readonly why: string | null }
  | { readonly kind: 'open'; readonly who: Who };

/** The roles, each with what the ones before it may do. */
const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who looks at the page, as the service sees it. */
export class Session {
  standing = $state.raw<Standing>({ kind: 'asking' });
  readonly #closed = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks who one is; the function returned ends it. */
  start(): () => void {
    const end = onUnauthorized(() => {
      if (this.standing.kind === 'open') this.standing = { kind: 'login', why: 'The session is over.' };
    });
    void this.#ask();
    return () => {
      end();
      clearTimeout(this.#timer);
      this.#closed.abort();
    };
  }

  /** Whether what this role may do is offered. The service decides all the same. */
  may(role: Role): boolean {
    if (this.standing.kind !== 'open') return false;
    return ROLES.findIndex((held) => held === this.#role()) >= ROLES.indexOf(role);
  }

  #role(): string | null {
    return this.standing.kind === 'open' ? this.standing.who.role : null;
  }

  async logIn(token: string): Promise<void> {
    try {
      this.standing = { kind: 'open', who: await openSession(token, this.#closed.signal) };
    } catch (error) {
      this.standing = { kind: 'login', why: words(error) };
    }
  }

  async logOut(): Promise<void> {
    try {
      await closeSession(this.#closed.signal);
      this.standing = { kind: 'login', why: null };
    } catch (error) {
      this.standing = { kind: 'login', why: words(error) };
    }
  }

  async #ask(): Promise<void> {
    try {
      this.standing = { kind: 'open', who: await getSession(this.#closed.signal) };
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      if (error instanceof Refused && error.unauthorized) {
        this.standing = { kind: 'login', why: null };
        return;
      }
      this.standing = { kind: 'away' };
      this.#timer = setTimeout(() => void this.#ask(), RETRY_MS);
    }
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
