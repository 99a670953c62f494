import type { Query } from '../route';

export const TABS = ['events', 'audit', 'webhooks'] as const;
export type Tab = (typeof TABS)[number];

export const readTab = (query: Query): Tab => TABS.find((tab) => tab === query['tab']) ?? 'events';

/** The kinds of events, for the completion of the filter; a dot at the end stands for all that begin so. */
export const KINDS = [
  'component.',
  'component.changed-outside',
  'component.drift',
  'component.flip-flop',
  'component.state',
  'component.uncertain',
  'configuration.',
  'driver.',
  'endpoint.',
  'endpoint.breaker',
  'hold.',
  'inventory.',
  'setting.',
  'task.',
  'task.accepted',
  'task.ended',
  'task.superseded',
  'transition.',
  'transition.accepted',
  'transition.ended',
];

/** The part of a request for events that says which. */
export function eventFilter({ kind = '', component = '', transition = '' }: Query): string {
  const query = new URLSearchParams();
  // A group that is half typed, such as `task`, stands for all of it.
  const word = kind.trim();
  if (word !== '') query.set('kind', word.includes('.') ? word : `${word}.`);
  if (component.trim() !== '') query.set('component', component.trim());
  if (transition.trim() !== '') query.set('transition', transition.trim());
  return query.toString();
}

/** The part of a request for the audit that says which. */
export function auditFilter({ who = '', action = '' }: Query): string {
  const query = new URLSearchParams();
  if (who.trim() !== '') query.set('who', who.trim());
  if (action.trim() !== '') query.set('action', action.trim());
  return query.toString();
}

/** The part of a request for deliveries that says which. */
export function deliveryFilter({ webhook = '', state = '' }: Query): string {
  const query = new URLSearchParams();
  if (webhook !== '') query.set('webhook', webhook);
  if (state !== '') query.set('state', state);
  return query.toString();
}
