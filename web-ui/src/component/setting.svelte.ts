import { get } from '../api/client';
import { Action } from '../tasks/action.svelte';
import type { Configuration } from '../tasks/types';

const EVERY_MS = 1_000;
/** A configuration that has not ended after so long is no longer waited for here. */
const PATIENCE_MS = 180_000;

/** A setting on its way: from the press of the button to what became of it. */
export class Setting {
  readonly #action = new Action<Configuration>();
  /** What was asked for, in words. */
  asked = $state('');
  configuration = $state.raw<Configuration | null>(null);
  /** Why it is no longer followed, though it has not ended. */
  lost = $state<string | null>(null);
  busy = $state(false);
  readonly #closed = new AbortController();

  get error(): Error | null {
    return this.#action.error;
  }

  async set(method: 'PATCH' | 'PUT', path: string, body: unknown, asked: string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.asked = asked;
    this.configuration = null;
    this.lost = null;
    const accepted = await this.#action.run(method, path, body);
    if (accepted !== null) await this.#follow(accepted);
    this.busy = false;
  }

  close(): void {
    this.#closed.abort();
    this.#action.close();
  }

  async #follow(accepted: Configuration): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    this.configuration = accepted;
    while (this.configuration.endedAt == null && Date.now() < until) {
      await new Promise((resume) => setTimeout(resume, EVERY_MS));
      if (this.#closed.signal.aborted) return;
      try {
        const path = `configurations/${encodeURIComponent(accepted.id)}`;
        this.configuration = await get<Configuration>(path, this.#closed.signal);
        this.lost = null;
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        this.lost = error instanceof Error ? error.message : String(error);
      }
    }
    if (this.configuration.endedAt == null)
      this.lost ??= 'it takes longer than 3 minutes; it goes on without being followed here';
  }
}

/** What became of a setting of one component, in a sentence. */
export function became(configuration: Configuration): { readonly text: string; readonly good: boolean } {
  const member = configuration.members[0];
  if (member === undefined) return { text: configuration.status, good: false };
  const words = member.failure?.text ?? member.problems?.map(({ text }) => text).join('; ');
  const outcome = member.outcome ?? member.phase ?? configuration.status;
  const good = member.outcome === 'verified' || member.outcome === 'already' || member.outcome == null;
  if (words !== undefined && words !== '') return { text: `${outcome}: ${words}`, good };
  if (member.waitingFor != null && member.outcome == null)
    return { text: `${outcome}, waits for ${member.waitingFor.text}`, good };
  return { text: `${outcome}: ${member.description}`, good };
}
