import type { Target } from './selection.svelte';

/** What is done to the lines of components without switching them. */
export type Verb = 'cancel' | 'hold' | 'release';

/** What is asked about before it is done. */
export interface Acting {
  readonly verb: Verb;
  readonly target: Target;
  /** What it is about, in words. */
  readonly what: string;
}
