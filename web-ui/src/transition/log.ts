import { describe } from '../events/describe';
import type { ServerEvent } from '../stream/events';
import { withClock } from '../tasks/moments';
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
  const { id, at, kind, component } = event;
  return {
    id,
    at,
    kind,
    component: typeof component === 'string' ? component : null,
    text: withClock(describe(event)),
  };
}
