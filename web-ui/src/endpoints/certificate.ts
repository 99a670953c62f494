import { span } from '../age';
import type { Word } from '../words';
import type { EndpointPin } from './types';

/** How long before its end a certificate is told to expire. */
const SOON_MS = 30 * 24 * 60 * 60 * 1_000;

/** How the certificate of an endpoint stands, in words. */
export function certificateWord({ pinned, presented, differs }: EndpointPin, now: number): Word {
  if (presented == null) return { text: 'none was seen', glyph: 'alert', tone: 'bad' };
  const left = presented.expiresAt == null ? Infinity : Date.parse(presented.expiresAt) - now;
  if (pinned != null && differs) return { text: 'another than it is pinned to', glyph: 'cross', tone: 'bad' };
  if (left <= 0) return { text: `expired ${span(-left)} ago`, glyph: 'cross', tone: 'bad' };
  if (left < SOON_MS) return { text: `expires in ${span(left)}`, glyph: 'clock', tone: 'waiting' };
  return pinned == null
    ? { text: 'not pinned', glyph: 'about', tone: 'waiting' }
    : { text: 'pinned', glyph: 'check', tone: 'good' };
}
