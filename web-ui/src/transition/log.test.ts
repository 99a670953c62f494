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
    text: 'verified',
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
  expect(told({ fault: { failure, reason: 'refused' }, outcome: 'failed' })?.text).toBe('failed: Not now.');
});

it('answers and ends are told in sentences', () => {
  const told = (kind: string, data: unknown) => {
    const line = { id: '7', at: '2026-01-02T03:04:05Z', kind, data };
    return logLine(line).text;
  };
  const delivery = { delivery: 'answered', executed: 'accepted', status: 204 };
  expect(told('task.answered', { permit: '01a1', delivery })).toBe('the controller answered 204');
  const counts = { failed: 0, inProgress: 0, new: 0, succeeded: 7, total: 7, unsupported: 0 };
  expect(told('transition.ended', { counts })).toBe('succeeded 7, total 7');
});

it('what is no event of the log is passed over', () => {
  expect(readEvent(event('half'))).toBeNull();
  expect(readEvent(event('{"reason":"lagged"}'))).toBeNull();
});
