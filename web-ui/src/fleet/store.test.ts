import { describe, expect, it, vi } from 'vitest';
import { delta, snapshot } from './sample';
import { FleetStore } from './store.svelte';

/** A store whose pictures are drawn by hand. */
function store() {
  const pictures: (() => void)[] = [];
  const fleet = new FleetStore((flush) => pictures.push(flush));
  const draw = () => {
    pictures.splice(0).forEach((flush) => {
      flush();
    });
  };
  return { fleet, draw, pictures };
}

describe('the store of the fleet', () => {
  it('shows many frames as one picture', () => {
    const { fleet, draw, pictures } = store();
    fleet.applySnapshot(snapshot(['x0', 'x1']));
    fleet.applyDelta(delta(0, { state: 'off' }));
    fleet.applyDelta(delta(1, { state: 'unknown' }));
    expect(pictures).toHaveLength(1);
    expect(fleet.rows).toEqual([]);
    draw();
    expect(fleet.rows.map((row) => row.state)).toEqual(['off', 'unknown']);
  });

  it('replaces the rows that changed and no others', () => {
    const { fleet, draw } = store();
    fleet.applySnapshot(snapshot(['x0', 'x1']));
    draw();
    const before = fleet.rows;
    fleet.applyDelta(delta(1, { state: 'off' }));
    draw();
    expect(fleet.rows).not.toBe(before);
    expect(fleet.rows[0]).toBe(before[0]);
    expect(fleet.rows[1]).not.toBe(before[1]);
    expect(before[1]?.state).toBe('on');
  });

  it('begins anew with a snapshot, also a smaller one', () => {
    const { fleet, draw } = store();
    fleet.applySnapshot(snapshot(['x0', 'x1']));
    draw();
    fleet.applySnapshot(snapshot(['x1']));
    draw();
    expect(fleet.rows.map((row) => row.id)).toEqual(['x1']);
    expect(fleet.row('x1')?.index).toBe(0);
    expect(fleet.row('x0')).toBeNull();
  });

  it('passes over a change that comes before the snapshot', () => {
    const { fleet, pictures } = store();
    fleet.applyDelta(delta(0, {}));
    expect(pictures).toHaveLength(0);
  });

  it('tells ages by the clock of the service', () => {
    vi.useFakeTimers({ now: Date.parse('2026-01-02T03:00:00Z') });
    const { fleet } = store();
    fleet.applySnapshot(snapshot(['x0'], { at: '2026-01-02T03:10:00Z' }));
    expect(fleet.serviceTime(Date.now())).toBe(Date.parse('2026-01-02T03:10:00Z'));
    vi.useRealTimers();
  });
});
