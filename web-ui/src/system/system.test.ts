import { expect, it } from 'vitest';
import type { Dependency, Token } from './types';
import { readVersion, sessionVersion } from './version';
import { endAfter, inOrder, readScope, tokenWord } from './words';

it('the version is in the metrics', () => {
  const metrics = '# TYPE switchyard_build_info gauge\nswitchyard_build_info{version="0.1.0"} 1\n';
  expect(readVersion(metrics)).toBe('0.1.0');
  expect(readVersion('nothing')).toBeNull();
  expect([sessionVersion({ version: '0.2.0' }), sessionVersion({}), sessionVersion(null)]).toEqual([
    '0.2.0',
    null,
    null,
  ]);
});

it('trouble is told first, what is not used last', () => {
  const states = ['not-configured', 'ok', 'away', 'ok', 'degraded'];
  const order = inOrder(states.map((state, place) => ({ name: String(place), state }) as Dependency));
  expect(order.map(({ name }) => name)).toEqual(['2', '4', '1', '3', '0']);
});

it('a token holds until its end, or until it was revoked', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  const word = (token: Partial<Token>) => tokenWord(token as Token, now).text;
  expect(word({})).toBe('holds');
  expect(word({ expiresAt: '2026-11-21T00:00:00Z' })).toBe('over');
  expect(word({ expiresAt: '2026-11-22T00:00:00Z', revokedAt: '2026-11-20T00:00:00Z' })).toBe('revoked');
  expect([endAfter(0, now), endAfter(1, now)]).toEqual([null, '2026-11-22T00:00:00.000Z']);
  expect(readScope(' @rack  x1 ')).toEqual(['@rack', 'x1']);
});
