import type { Word } from '../words';
import type { Endpoint } from './types';

/** What is told of an endpoint in one word, and what the list can be narrowed by. */
export type Standing = 'answers' | 'troubled' | 'tried' | 'away' | 'unasked';

export const STANDINGS: Readonly<Record<Standing, Word>> = {
  answers: { text: 'answers', glyph: 'check', tone: 'good' },
  troubled: { text: 'last call failed', glyph: 'alert', tone: 'waiting' },
  tried: { text: 'being tried', glyph: 'dots', tone: 'moving' },
  away: { text: 'left alone', glyph: 'cross', tone: 'bad' },
  unasked: { text: 'not asked yet', glyph: 'question', tone: 'quiet' },
};

/** How an endpoint stands: its breaker first, then what its last call came to. */
export function standing({ breaker, answeredAt, failedAt }: Endpoint): Standing {
  if (breaker.state === 'open') return 'away';
  if (breaker.state === 'half-open') return 'tried';
  const [answered, failed] = [moment(answeredAt), moment(failedAt)];
  if (failed > answered) return 'troubled';
  return answered > 0 ? 'answers' : 'unasked';
}

const moment = (at: string | null | undefined): number => (at == null ? 0 : Date.parse(at));

const REASONS: Readonly<Record<string, string>> = {
  unreachable: 'it cannot be reached',
  unanswered: 'it takes calls and answers none',
  auth: 'it refuses the login',
  'sessions-full': 'it has no session left',
};

/** Why an endpoint is left alone, in words; null when it is not. */
export function breakerReason({ breaker }: Endpoint): string | null {
  if (breaker.state === 'closed' || breaker.reason == null) return null;
  return REASONS[breaker.reason] ?? breaker.reason;
}

/** What holds calls of an endpoint back, in words; empty when nothing does. */
export function throttling({ pace, requests, failure, breaker }: Endpoint): string {
  const words: string[] = [];
  if (requests != null && requests.waiting > 0) words.push(`${requests.waiting} wait for their turn`);
  if (pace.gapMs > 0) words.push(`a gap of ${pace.gapMs} ms`);
  if (breaker.state !== 'closed' && failure?.retryAfterMs != null)
    words.push(`it asked for a pause of ${Math.ceil(failure.retryAfterMs / 1_000)} s`);
  return words.join(', ');
}

/** The driver of an endpoint with its version, such as `redfish-standard 0.1.0`. */
export function driverName({ driver, selection }: Endpoint): string | null {
  if (driver == null) return null;
  return selection.version == null ? driver : `${driver} ${selection.version}`;
}
