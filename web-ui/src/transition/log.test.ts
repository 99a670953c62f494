import { expect, it } from 'vitest';
import { readLogEvent } from './log';

const event = (data: string) => ({ kind: 'task-verified', data, id: '7' });

it('an event of the log is told in one line', () => {
  const body = {
    id: '7',
    at: '2026-01-02T03:04:05Z',
    kind: 'task-verified',
    component: 'x0',
    data: { permit: '01a1', attempt: 2, proof: 'reading', deep: {} },
  };
  expect(readLogEvent(event(JSON.stringify(body)))).toEqual({
    id: '7',
    at: '2026-01-02T03:04:05Z',
    kind: 'task-verified',
    component: 'x0',
    text: 'attempt 2, proof reading',
  });
});

it('what is no event of the log is passed over', () => {
  expect(readLogEvent(event('half'))).toBeNull();
  expect(readLogEvent(event('{"reason":"lagged"}'))).toBeNull();
});
