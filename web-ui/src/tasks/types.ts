/** The bodies of the API that the views of a transition and of a component read and send. */
import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Boot = Schemas['ComponentBoot'];
export type Cancelled = Schemas['Cancelled'];
export type Configuration = Schemas['Configuration'];
export interface Diagnosis {
  readonly ok: boolean;
  readonly controller?: string | null;
  readonly steps: readonly DiagnosisStep[];
  /** What a call of the controller last met, before this. */
  readonly lastFailure?: { readonly code: string; readonly text: string } | null;
  readonly lastFailureAt?: string | null;
}
export interface DiagnosisStep {
  readonly step: string;
  readonly outcome: string;
  readonly text: string;
  readonly tookMs?: number | null;
  readonly code?: string | null;
  readonly hint?: string | null;
}
export type Endpoint = Schemas['Endpoint'];
export type Event = Schemas['Event'];
export type EventPage = Schemas['EventPage'];
export type FailureGroup = Schemas['FailureGroup'];
export type Hold = Schemas['Hold'];
export type Indicator = Schemas['ComponentIndicator'];
export type Limits = Schemas['ComponentLimits'];
export type Meter = Schemas['Meter'];
export type Paused = Schemas['Paused'];
export type PowerLimit = Schemas['PowerLimit'];
export type Readings = Schemas['ComponentReadings'];
export type Retried = Schemas['Retried'];
