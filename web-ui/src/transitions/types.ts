import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Breakdown = Partial<Schemas['Breakdown']>;
export type TransitionSummary = Schemas['TransitionSummary'] & {
  /** The true phases and outcomes; a service of an earlier release has the counts alone. */
  readonly breakdown?: Breakdown;
};
export type TransitionList = Schemas['TransitionList'];
export type Counts = Schemas['Counts'];
