import type { ServerEvent } from '../stream/events';
import type { Event } from '../tasks/types';

/** One event of the log of a transition, as it is read. */
export interface LogEvent {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly component: string | null;
  readonly text: string;
}

/** Reads an event of the log; null when it is none. */
export function readEvent(event: ServerEvent): Event | null {
  let body: unknown;
  try {
    body = JSON.parse(event.data);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null) return null;
  const { id = event.id, at, kind = event.kind, ...rest } = body as Record<string, unknown>;
  if (typeof at !== 'string') return null;
  return { data: null, ...rest, id: String(id), at, kind: String(kind) };
}

/** An event in one line. */
export function logLine(event: Event): LogEvent {
  const { id, at, kind, component, data } = event;
  return { id, at, kind, component: typeof component === 'string' ? component : null, text: describe(data) };
}

/** What is for programs, or said by the line already. */
const NOT_SHOWN = new Set(['permit', 'kind', 'cause', 'at', 'retryAfter']);
/** How deep what belongs to an event is told. */
const DEPTH = 4;

/** The values of what an event says, in one line. */
function describe(data: unknown, depth = 0): string {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null || depth >= DEPTH) return '';
  if (Array.isArray(data)) return data.filter((value) => typeof value === 'string').join(' ');
  return Object.entries(data)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .sort(([, a], [, b]) => Number(typeof a === 'object') - Number(typeof b === 'object'))
    .map(([key, value]) => say(key, value, depth))
    .filter((part) => part !== '')
    .join(', ');
}

function say(key: string, value: unknown, depth: number): string {
  if (value === null) return '';
  // The words of a BMC need no name in front of them, and a nested name says what the outer one says.
  if (key === 'text') return String(value);
  if (typeof value === 'object') return describe(value, depth + 1);
  return `${key} ${String(value)}`;
}
