import type { Word } from '../words';
import type { Dependency, Token } from './types';

const NAMES: Readonly<Record<string, string>> = {
  smd: 'State Manager (SMD)',
  'secret-store': 'Secret store',
  jwks: 'Keys of signed tokens',
  database: 'Database',
  disk: 'Disk',
  bmcs: 'Controllers',
};

const STATES: Readonly<Record<string, Word>> = {
  ok: { text: 'ok', glyph: 'check', tone: 'good' },
  degraded: { text: 'degraded', glyph: 'alert', tone: 'waiting' },
  away: { text: 'away', glyph: 'cross', tone: 'bad' },
  'not-configured': { text: 'not configured', glyph: 'ring', tone: 'quiet' },
};

export const dependencyName = ({ name }: Dependency): string => NAMES[name] ?? name;
export const dependencyWord = ({ state }: Dependency): Word =>
  STATES[state] ?? { text: state, glyph: 'question', tone: 'quiet' };

/** Whether something is wrong with it that people should see without looking for it. */
export const isTroubled = ({ state }: Dependency): boolean => state !== 'ok' && state !== 'not-configured';

/** The troubled first and what is not used last; otherwise in the order of the service. */
export function inOrder(dependencies: readonly Dependency[]): Dependency[] {
  const place = (one: Dependency) => (isTroubled(one) ? 0 : one.state === 'not-configured' ? 2 : 1);
  return [...dependencies].sort((a, b) => place(a) - place(b));
}

/** How a token stands at a moment in ms. */
export function tokenWord({ revokedAt, expiresAt }: Token, now: number): Word {
  if (revokedAt != null) return { text: 'revoked', glyph: 'slash', tone: 'quiet' };
  if (expiresAt != null && Date.parse(expiresAt) <= now)
    return { text: 'over', glyph: 'clock', tone: 'quiet' };
  return { text: 'holds', glyph: 'check', tone: 'good' };
}

/** Set expressions as people write them in one line: divided by blanks. */
export const readScope = (text: string): string[] => text.split(/\s+/).filter((part) => part !== '');

/** The end of a token that is to last so many days; null for one without end. */
export const endAfter = (days: number, now: number): string | null =>
  days > 0 ? new Date(now + days * 24 * 60 * 60 * 1_000).toISOString() : null;
