/** The bodies of the API that this page reads. */

/** How a component's part of a transition stands, in the five words of PCS. */
export type Standing = 'new' | 'in-progress' | 'failed' | 'succeeded' | 'unsupported';

export interface Failure {
  code: string;
  status?: number;
  codes: string[];
  text: string;
}

export interface WaitingFor {
  what: string;
  text: string;
  until?: string;
}

export interface Member {
  name: string;
  component?: string | null;
  task?: string | null;
  standing: Standing;
  phase?: string | null;
  outcome?: string | null;
  description: string;
  waitingFor?: WaitingFor;
  failure?: Failure;
}

export interface TransitionCounts {
  total: number;
  new: number;
  inProgress: number;
  failed: number;
  succeeded: number;
  unsupported: number;
}

export interface Transition {
  id: string;
  operation: string;
  status: string;
  requestedBy: string;
  reason?: string | null;
  requestId: string;
  createdAt: string;
  cancelAskedAt?: string | null;
  endedAt?: string | null;
  counts: TransitionCounts;
  members: Member[];
}

/** Failed components of a transition that met the same. */
export interface FailureGroup {
  fingerprint: string;
  code: string;
  text: string;
  count: number;
  /** Folded, as in `x1000c0s[0-7]b0n0`. */
  components: string;
  retryable: boolean;
}

export interface FailureGroups {
  groups: FailureGroup[];
}

export interface QueueEntry {
  task: string;
  transition: string;
  operation: string;
  phase: string;
  requestedBy: string;
  createdAt: string;
}

export interface Component {
  id: string;
  kind: string;
  type?: string | null;
  controller?: string | null;
  state: string;
  raw: string;
  available: boolean;
  observedAt?: string | null;
  changedAt: string;
  desired?: string | null;
  supported: string[];
  failure?: Failure;
  queue?: QueueEntry[];
}

export interface Attempt {
  permit: string;
  step: number;
  primitive: string;
  intentAt: string;
  endedAt?: string | null;
  delivery?: string | null;
  executed?: string | null;
  status?: number | null;
  failure?: Failure | null;
}

export interface Task {
  id: string;
  component: string;
  transition: string;
  operation: string;
  phase: string;
  description: string;
  step: number;
  plan: string[];
  waitingFor?: WaitingFor;
  attempts: Attempt[];
}

/** An error of the API (RFC 9457). */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  hint?: string;
}
