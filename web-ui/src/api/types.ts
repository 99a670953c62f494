/**
 * The bodies of the API that this page reads. They come from the API's own document: `npm run client` writes `schema.d.ts`, which is
 * not kept, so that it is never older than the document.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Attempt = Schemas['Attempt'];
export type Component = Schemas['Component'];
export type Member = Schemas['Member'];
export type Problem = Schemas['Problem'];
export type QueueEntry = Schemas['QueueEntry'];
export type Task = Schemas['Task'];
export type Transition = Schemas['Transition'];

/** Failed components of a transition that met the same. */
export interface FailureGroup {
  fingerprint: string;
  code: string;
  text: string;
  count: number;
  /** Folded, as in `x1000c0s[0-7]b0n0`. */
  components: string;
  /** How many of them can be tried again. */
  retryable: number;
}

export interface FailureGroups {
  groups: FailureGroup[];
}
