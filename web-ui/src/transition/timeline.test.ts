import { describe, expect, it } from 'vitest';
import { Timeline } from './timeline';

const START = Date.parse('2026-11-21T10:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
const answered = { delivery: { delivery: 'answered', executed: 'accepted', status: 204 } };
const refused = { delivery: { delivery: 'answered', executed: 'no', status: 400 } };

/** Plays events of x0, each at a second of the transition, and tells its bands in seconds. */
function play(...events: [number, string, object?, string?][]) {
  const timeline = new Timeline('own');
  for (const [seconds, kind, data, transition = 'own'] of events)
    timeline.apply({ kind, component: 'x0', at: at(seconds), data: data ?? {}, transition });
  const told = timeline
    .bands('x0')
    .map(({ state, from, to }) => [state, (from - START) / 1_000, to === null ? null : (to - START) / 1_000]);
  return { timeline, told };
}

describe('the timeline of a component', () => {
  it('has a band for each stretch, and a mark for the outcome', () => {
    const { told } = play(
      [0, 'task.accepted'],
      [2, 'task.intent'],
      [3, 'task.answered', answered],
      [9, 'task.ended', { outcome: 'verified' }],
    );
    expect(told).toEqual([
      ['queued', 0, 2],
      ['intent', 2, 3],
      ['verifying', 3, 9],
      ['verified', 9, 9],
    ]);
  });

  it('shows tries that were refused as waiting for the next one', () => {
    const { told } = play(
      [0, 'task.accepted'],
      [1, 'task.intent'],
      [2, 'task.answered', refused],
      [5, 'task.intent'],
      [6, 'task.answered', answered],
    );
    expect(told).toEqual([
      ['queued', 0, 1],
      ['intent', 1, 2],
      ['backoff', 2, 5],
      ['intent', 5, 6],
      ['verifying', 6, null],
    ]);
  });

  it('merges equal neighbours, and leaves out what lasted for no time', () => {
    const { told } = play(
      [0, 'task.accepted'],
      [1, 'task.joined'],
      [3, 'task.paused'],
      [3, 'task.resumed'],
      [4, 'task.intent'],
      [5, 'task.answered', refused],
      [5, 'task.ended', { outcome: 'failed' }],
    );
    expect(told).toEqual([
      ['queued', 0, 4],
      ['intent', 4, 5],
      ['failed', 5, 5],
    ]);
  });

  it('tells nothing more of a task that goes on for others', () => {
    const { told } = play([0, 'task.joined'], [2, 'task.detached'], [4, 'task.intent']);
    expect(told).toEqual([
      ['queued', 0, 2],
      ['cancelled', 2, 2],
    ]);
  });

  it('is not moved by others who join or leave the task', () => {
    const { told, timeline } = play(
      [0, 'task.accepted'],
      [1, 'task.intent'],
      [2, 'task.answered', answered],
      [3, 'task.joined', {}, 'other'],
      [4, 'task.joined', {}, 'third'],
      [5, 'task.detached', {}, 'third'],
    );
    expect(told.at(-1)).toEqual(['verifying', 2, null]);
    expect([...timeline.sharers('x0')]).toEqual(['other']);
  });

  it('begins with the task of another request that it joined', () => {
    const { told, timeline } = play(
      [0, 'task.accepted', {}, 'other'],
      [1, 'task.intent', {}, 'other'],
      [2, 'task.answered', answered, 'other'],
      [3, 'task.joined'],
    );
    expect(told.at(-1)).toEqual(['verifying', 2, null]);
    expect([...timeline.sharers('x0')]).toEqual(['other']);
  });

  it('knows what was sent, and its own length', () => {
    const { timeline } = play([0, 'task.accepted'], [2, 'task.intent'], [7, 'component.state']);
    expect([timeline.wasSent('x0'), timeline.wasSent('x1')]).toEqual([true, false]);
    expect(timeline.to - timeline.from).toBe(7_000);
  });
});
