import { expect, it } from 'vitest';
import { about, describe, flat } from './describe';
import { added, MOST, type Log } from './feed.svelte';
import { eventFilter, readTab } from './narrow';
import { FURTHEST_BACK, placeBefore } from './place';
import type { Event } from './types';

it.each([
  ['log.5000', 2_000, 'log.3000'],
  ['a.b.50', 2_000, 'oldest'],
  ['something-else', 10, 'oldest'],
  ['log.5000000', FURTHEST_BACK + 1, 'oldest'],
])('%s, %d events before: %s', (place, back, before) => {
  expect(placeBefore(place, back)).toBe(before);
});

it.each([
  ['component.state', { available: true, raw: 'On', state: 'on' }, 'on'],
  ['component.drift', { desired: 'off', observed: 'on' }, 'on, asked to be off'],
  ['task.ended', { outcome: 'timed-out' }, 'timed out'],
  ['task.ended', { outcome: 'failed', fault: { failure: { text: 'no' }, reason: 'refused' } }, 'failed: no'],
  ['task.answered', { delivery: { status: 204 } }, 'the controller answered 204'],
  ['endpoint.breaker', { state: 'open', reason: 'unreachable' }, 'is left alone: unreachable'],
  ['transition.ended', { counts: { failed: 1, new: 0, succeeded: 7 } }, 'failed 1, succeeded 7'],
  ['something.new', { by: 'alice', parts: { aB: 2 }, none: null, list: [] }, 'by alice, parts (a b 2)'],
  ['something.new', 'plain words', 'plain words'],
  ['something.new', null, ''],
])('%s %j says: %s', (kind, data, text) => {
  expect(describe({ kind, data })).toBe(text);
});

it('moments of records are told as times', () => {
  expect(flat({ until: 1_795_341_600_000 })).toMatch(/^until .*\d\d:\d\d:\d\d$/);
});

it('an event may be about an endpoint or a driver', () => {
  expect(about({ data: { controller: 'x1' } })).toEqual({ kind: 'endpoint', id: 'x1' });
  expect(about({ data: { driver: 'acme@1.0.0' } })).toEqual({ kind: 'driver', id: 'acme' });
  expect(about({ data: {} })).toBeNull();
});

const event = (number: number): Event => ({ id: `log.${number}`, at: '', kind: 'k', data: null });
const EMPTY: Log = { events: [], cut: false, pruned: false, whole: false, place: 'log.0', of: '' };

it('the log keeps the newest in front, and no more than it can show', () => {
  const first = added(EMPTY, { events: [event(1), event(2)], next: 'log.2' });
  const second = added(first, { events: [event(3)], next: 'log.3' });
  expect(second.events.map(({ id }) => id)).toEqual(['log.3', 'log.2', 'log.1']);
  expect(second.place).toBe('log.3');
  const many = Array.from({ length: MOST }, (_, number) => event(number + 4));
  const full = added(second, { events: many, next: 'log.end' });
  expect([full.events.length, full.cut]).toEqual([MOST, true]);
  expect(added(EMPTY, { events: [], next: 'log.9', gap: { reason: 'pruned' } }).pruned).toBe(true);
});

it('the address says which events and which tab', () => {
  expect(eventFilter({ kind: 'task', component: ' x1 ' })).toBe('kind=task.&component=x1');
  expect(eventFilter({ tab: 'events' })).toBe('');
  expect([readTab({}), readTab({ tab: 'audit' }), readTab({ tab: 'what' })]).toEqual([
    'events',
    'audit',
    'events',
  ]);
});
