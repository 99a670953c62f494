import type { Query } from '../route';

/** The operations that the service knows. */
export const OPERATIONS = [
  'on',
  'off',
  'soft-off',
  'force-off',
  'soft-restart',
  'hard-restart',
  'init',
  'reset',
  'power-cycle',
  'full-power-cycle',
  'nmi',
];

/** What of the transitions is shown, as the address says; what it does not understand narrows nothing. */
export interface Narrowing {
  readonly status: 'all' | 'open' | 'ended';
  readonly operation: string;
  readonly by: string;
  readonly component: string;
}

export function readNarrowing(query: Query): Narrowing {
  const { status, operation = '', by = '', component = '' } = query;
  return {
    status: status === 'open' || status === 'ended' ? status : 'all',
    operation: OPERATIONS.includes(operation) ? operation : '',
    by: by.trim(),
    component: component.trim(),
  };
}

/** Whether anything is left out. */
export function isNarrowed({ status, operation, by, component }: Narrowing): boolean {
  return status !== 'all' || operation !== '' || by !== '' || component !== '';
}

/** The part of a request for transitions that says which: those that run, or those that have ended. */
export function transitionFilter(by: Narrowing, status: 'open' | 'ended'): string {
  const query = new URLSearchParams({ status });
  if (by.operation !== '') query.set('operation', by.operation);
  if (by.by !== '') query.set('requestedBy', by.by);
  if (by.component !== '') query.set('component', by.component);
  return query.toString();
}
