import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Breakdown = Schemas['Breakdown'];
export type TransitionSummary = Schemas['TransitionSummary'];
export type TransitionList = Schemas['TransitionList'];
export type Counts = Schemas['Counts'];
