import { describe, expect, it } from 'vitest';
import { EventParser } from './events';

const STREAM =
  ': hello\nretry: 2000\n\nid: 7\nevent: snapshot\ndata: {"a":\ndata: 1}\n\n: still here\n\nid: 8\r\ndata:x\r\n\r\nevent: empty\n\n';
const EVENTS = [
  { kind: 'snapshot', data: '{"a":\n1}', id: '7' },
  { kind: 'message', data: 'x', id: '8' },
];

describe('the parser of events', () => {
  it('reads what comes at once', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it.each([1, 2, 3, 5, 11])('reads what comes in pieces of %i', (size) => {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parser.push(STREAM.slice(at, at + size)));
    expect(events).toEqual(EVENTS);
  });

  it('keeps an event that is not complete', () => {
    const parser = new EventParser();
    expect(parser.push('data: 1\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ kind: 'message', data: '1', id: '' }]);
  });
});
