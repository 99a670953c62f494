import { clock } from '../age';
import * as words from '../words';
import type { Event } from './types';

type Data = Readonly<Record<string, unknown>>;

/** What is for programs. */
const NOT_SHOWN = new Set(['permit', 'proof', 'evidence', 'codes', 'controller']);

const SENTENCES: Readonly<Record<string, (data: Data) => string | null>> = {
  'component.state': ({ state, available }) =>
    available === false ? `${stateOf(state)}, read before it stopped answering` : stateOf(state),
  'component.drift': ({ desired, observed }) => `${stateOf(observed)}, asked to be ${stateOf(desired)}`,
  'component.changed-outside': ({ from, to }) => `from ${stateOf(from)} to ${stateOf(to)} by somebody else`,
  'endpoint.breaker': ({ state, reason }) =>
    state === 'closed' ? 'is called again' : `is left alone: ${text(reason) ?? 'no reason told'}`,
  'task.accepted': ({ operation }) => text(operation),
  'task.intent': ({ primitive }) => `${text(primitive) ?? 'a step'} is about to be sent`,
  'task.answered': ({ delivery, failure }) =>
    failureText(failure) ?? `the controller answered ${text(record(delivery)['status']) ?? ''}`.trim(),
  'task.ended': ({ outcome, fault, failure }) =>
    [outcomeOf(outcome), failureText(record(fault)['failure']) ?? failureText(failure)]
      .filter((part) => part)
      .join(': ') || null,
  'transition.accepted': ({ operation, requestedBy, members }) =>
    `${text(operation) ?? ''} of ${text(members) ?? '?'}, by ${text(requestedBy) ?? '?'}`,
  'transition.ended': ({ counts }) => flat(record(counts)),
};

/** What an event says, in one line. Kinds that are not known are told by their plain values. */
export function describe({ kind, data }: Pick<Event, 'kind'> & { data?: unknown }): string {
  if (typeof data === 'string') return data;
  const values = record(data);
  return SENTENCES[kind]?.(values) ?? flat(values);
}

/** What an event is about beside a component: the controller or the driver that its data name. */
export function about(event: { data?: unknown }): { kind: 'endpoint' | 'driver'; id: string } | null {
  const { controller, driver } = record(event.data);
  if (typeof controller === 'string') return { kind: 'endpoint', id: controller };
  return typeof driver === 'string' ? { kind: 'driver', id: driver.replace(/@.*$/, '') } : null;
}

/** Values in one line: those of parts behind the name of the part; zeros of counts are left out. */
export function flat(values: Data): string {
  return Object.entries(values)
    .filter(([key, value]) => !NOT_SHOWN.has(key) && !isEmpty(value))
    .map(([key, value]) => {
      const plain = isMoment(value) ? clock(new Date(value).toISOString()) : text(value);
      if (plain !== null) return `${spaced(key)} ${plain}`;
      if (Array.isArray(value)) return `${spaced(key)} ${value.map((item) => text(item) ?? '…').join(' ')}`;
      return `${spaced(key)} (${flat(record(value))})`;
    })
    .join(', ');
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === 0 || value === '' || (Array.isArray(value) && value.length === 0);

/** Moments in the data of records are ms since the epoch; nothing else there is so great. */
const isMoment = (value: unknown): value is number =>
  typeof value === 'number' && value > 1e12 && value < 1e14;

const spaced = (key: string): string => key.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

const outcomeOf = (outcome: unknown): string | null => {
  const name = text(outcome);
  return name === null ? null : words.outcome(name).text;
};

const stateOf = (state: unknown): string => words.power(text(state) ?? 'unknown').text;

const failureText = (failure: unknown): string | null => text(record(failure)['text']);

const record = (value: unknown): Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : {};

const text = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
