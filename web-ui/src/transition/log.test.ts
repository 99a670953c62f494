import { expect, it } from 'vitest';
import { logLine, readEvent } from './log';

const event = (data: string) => ({ kind: 'task.ended', data, id: '7' });
const told = (data: unknown) => {
  const body = { id: '7', at: '2026-01-02T03:04:05Z', kind: 'task.ended', component: 'x0', data };
  const read = readEvent(event(JSON.stringify(body)));
  return read === null ? null : logLine(read);
};

it('an event of the log is told in one line', () => {
  expect(told({ permit: '01a1', attempt: 2, outcome: 'verified' })).toEqual({
    id: '7',
    at: '2026-01-02T03:04:05Z',
    kind: 'task.ended',
    component: 'x0',
    text: 'attempt 2, outcome verified',
  });
});

it('the words of the BMC are told as they are', () => {
  const failure = {
    cause: 'invalid',
    codes: ['Base.1.18.X'],
    retryAfter: null,
    status: 400,
    text: 'Not now.',
  };
  expect(told({ fault: { failure, reason: 'refused' }, outcome: 'failed' })?.text).toBe(
    'outcome failed, reason refused, status 400, Not now., Base.1.18.X',
  );
});

it('what is no event of the log is passed over', () => {
  expect(readEvent(event('half'))).toBeNull();
  expect(readEvent(event('{"reason":"lagged"}'))).toBeNull();
});
