/**
 * The bodies of the API that this page reads. They come from the API's own document: `npm run client` writes `schema.d.ts`, which is
 * not kept, so that it is never older than the document.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Attempt = Schemas['Attempt'];
export type Component = Schemas['Component'];
export type FailureGroups = Schemas['FailureGroups'];
export type Member = Schemas['Member'];
export type Plan = Schemas['Plan'];
export type PlanGroup = Schemas['PlanGroup'];
export type Problem = Schemas['Problem'];
export type QueueEntry = Schemas['QueueEntry'];
export type Session = Schemas['Session'];
export type Task = Schemas['Task'];
export type Transition = Schemas['Transition'];
export type TransitionRequest = Schemas['TransitionRequest'];
