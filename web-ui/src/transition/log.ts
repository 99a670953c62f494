import type { ServerEvent } from '../stream/events';

/** One event of the log of a transition. */
export interface LogEvent {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly component: string | null;
  readonly text: string;
}

/** Reads an event of the log; null when it is none. */
export function readLogEvent(event: ServerEvent): LogEvent | null {
  let body: unknown;
  try {
    body = JSON.parse(event.data);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null) return null;
  const { id = event.id, at, kind = event.kind, component, data } = body as Record<string, unknown>;
  if (typeof at !== 'string') return null;
  return {
    id: String(id),
    at,
    kind: String(kind),
    component: typeof component === 'string' ? component : null,
    text: describe(data),
  };
}

/** What is for programs. */
const NOT_SHOWN = new Set(['permit']);

/** The plain values of what an event says, in one line. */
function describe(data: unknown): string {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return '';
  return Object.entries(data)
    .filter(([key, value]) => !NOT_SHOWN.has(key) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}
