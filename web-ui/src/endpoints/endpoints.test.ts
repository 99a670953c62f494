import { expect, it } from 'vitest';
import { certificateWord } from './certificate';
import { countStandings, driversOf, narrowed, readNarrowing } from './narrow';
import { breakerReason, driverName, standing, throttling } from './standing';
import type { Endpoint, EndpointPin } from './types';

const endpoint = (id: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id,
  address: `https://10.0.0.${id.length}`,
  components: `${id}n[0-1]`,
  breaker: { state: 'closed', failures: 0 },
  pace: { parallel: 1, gapMs: 0, settleMs: 0, verifyGapMs: 0 },
  selection: { by: 'probe', version: '1.4.2' },
  driver: 'redfish-cray',
  answeredAt: '2026-11-21T10:00:00.000Z',
  ...more,
});

const AWAY = endpoint('x1', {
  breaker: { state: 'open', failures: 4, reason: 'unreachable' },
  driver: null,
  selection: { by: 'nobody' },
  failure: { code: 'bmc.unreachable', text: 'no route to host' },
});
const TROUBLED = endpoint('x2', { failedAt: '2026-11-21T10:00:01.000Z' });
const WELL = endpoint('x3', { failedAt: '2026-11-21T09:00:00.000Z' });
const UNASKED = endpoint('x4', { answeredAt: null });
const ALL = [AWAY, TROUBLED, WELL, UNASKED];

it('an endpoint is told in a word', () => {
  expect(ALL.map(standing)).toEqual(['away', 'troubled', 'answers', 'unasked']);
  expect(standing(endpoint('x5', { breaker: { state: 'half-open', failures: 1 } }))).toBe('tried');
  expect(breakerReason(AWAY)).toBe('it cannot be reached');
  expect(breakerReason(WELL)).toBeNull();
  expect(driverName(WELL)).toBe('redfish-cray 1.4.2');
});

it('what holds calls back is said', () => {
  expect(throttling(WELL)).toBe('');
  const slow = endpoint('x6', {
    pace: { parallel: 1, gapMs: 250, settleMs: 0, verifyGapMs: 0 },
    requests: { inFlight: 1, waiting: 3 },
  });
  expect(throttling(slow)).toBe('3 wait for their turn, a gap of 250 ms');
});

it.each([
  [{ q: 'X1N' }, ['x1']],
  [{ q: 'no route' }, ['x1']],
  [{ is: 'answers' }, ['x3']],
  [{ driver: 'none' }, ['x1']],
  [{ driver: 'redfish-cray', is: 'unasked' }, ['x4']],
  [{ is: 'nonsense' }, ['x1', 'x2', 'x3', 'x4']],
])('%j leaves %j', (query, ids) => {
  expect(narrowed(ALL, readNarrowing(query)).map(({ id }) => id)).toEqual(ids);
});

it('counts and drivers are those that are there', () => {
  expect(countStandings(ALL).map(({ standing, count }) => `${count} ${standing}`)).toEqual([
    '1 answers',
    '1 troubled',
    '1 away',
    '1 unasked',
  ]);
  expect(driversOf(ALL)).toEqual(['none', 'redfish-cray']);
});

it.each([
  [{ presented: null, problem: 'no answer' }, 'none was seen'],
  [{ presented: { sha256: 'AB' }, pinned: 'CD', differs: true }, 'another than it is pinned to'],
  [{ presented: { sha256: 'AB', expiresAt: '2026-11-20T00:00:00Z' }, pinned: 'AB' }, 'expired 1 d ago'],
  [{ presented: { sha256: 'AB', expiresAt: '2026-11-24T00:00:00Z' }, pinned: 'AB' }, 'expires in 3 d'],
  [{ presented: { sha256: 'AB' }, pinned: 'AB' }, 'pinned'],
  [{ presented: { sha256: 'AB' }, differs: true }, 'not pinned'],
])('%j: %s', (pin, text) => {
  const whole = { id: 'x1', address: '', differs: false, ...pin } as EndpointPin;
  expect(certificateWord(whole, Date.parse('2026-11-21T00:00:00Z')).text).toBe(text);
});
