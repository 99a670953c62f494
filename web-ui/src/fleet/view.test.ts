import { describe, expect, it, vi } from 'vitest';
import type { Live } from '../stream/live.svelte';
import { delta, snapshot } from './sample';
import { FleetStore } from './store.svelte';
import { FleetView } from './view.svelte';

/** A view of three components, whose pictures are drawn at once. */
function view(filter = '') {
  const fleet = new FleetStore((flush) => {
    flush();
  });
  fleet.applySnapshot(snapshot(['a', 'b', 'c'], { kinds: ['controller', 'node', 'node'] }));
  const shown = new FleetView({ fleet } as unknown as Live, () => filter);
  const ids = () => shown.rows.map(({ id }) => id).join('');
  return { fleet, shown, ids };
}

describe('the fleet as it is looked at', () => {
  it('counts what a request for everything is about, without BMCs unless kinds are asked for', () => {
    expect(view().shown.switchable).toBe(2);
    expect(view('power:on').shown.switchable).toBe(2);
    expect(view('kind:node,controller').shown.switchable).toBe(3);
    expect(view('-kind:node').shown.switchable).toBe(0);
  });

  it('shows as selected what a request would be about', () => {
    const { shown } = view();
    const selected = () => shown.rows.filter((row) => shown.isSelected(row)).map(({ id }) => id);
    shown.selection.toggle('a');
    expect(selected()).toEqual(['a']);
    shown.selection.all('');
    expect(selected()).toEqual(['b', 'c']);
    const { shown: kinds } = view('kind:controller');
    kinds.selection.all('kind:controller');
    expect(kinds.rows.map((row) => kinds.isSelected(row))).toEqual([true]);
  });

  it('is sorted anew by itself, but not while somebody is about to hit a row', () => {
    const { fleet, shown, ids } = view();
    shown.sortBy('power');
    fleet.applyDelta(delta(2, { state: 'unknown' }));
    expect(ids()).toBe('abc');
    shown.hovered = true;
    shown.keepOrder();
    expect([ids(), shown.outdated]).toEqual(['abc', true]);
    shown.hovered = false;
    shown.keepOrder();
    expect([ids(), shown.outdated]).toEqual(['cab', false]);
    shown.focused = true;
    fleet.applyDelta(delta(2, { state: 'on' }));
    shown.keepOrder();
    expect([ids(), shown.outdated]).toEqual(['cab', true]);
    shown.focused = false;
    fleet.applyDelta(delta(2, { state: 'unknown' }));
    shown.selection.toggle('a');
    fleet.applyDelta(delta(1, { state: 'off' }));
    shown.keepOrder();
    expect([ids(), shown.outdated]).toEqual(['cab', true]);
    shown.sortAgain();
    expect([ids(), shown.outdated]).toEqual(['cba', false]);
  });

  it('asks the service once about a word that the stream does not answer', async () => {
    vi.stubGlobal('document', { baseURI: 'http://localhost/ui/' });
    const asked = vi.fn((address: string) => {
      const first = !address.includes('cursor');
      const page = { components: [{ id: first ? 'b' : 'c' }], next: first ? 'more' : null };
      return Promise.resolve(new Response(JSON.stringify(page)));
    });
    vi.stubGlobal('fetch', asked);
    const { fleet, shown, ids } = view('role:Compute');
    expect([ids(), shown.waiting]).toEqual(['', true]);
    const signal = new AbortController().signal;
    await shown.ask(shown.parsed.asked, signal);
    await shown.ask(shown.parsed.asked, signal);
    expect(ids()).toBe('bc');
    expect(asked.mock.calls.map(([address]) => new URL(address).search)).toEqual([
      '?filter=role%3ACompute',
      '?filter=role%3ACompute&cursor=more',
    ]);
    const answering = asked.getMockImplementation();
    asked.mockImplementation(() => Promise.reject(new TypeError('no network')));
    await shown.ask(['class:River'], signal);
    expect(shown.problems).toEqual(['class:River could not be asked: the service does not answer']);
    // With the next snapshot everything is asked anew, and what was answered before is not gone meanwhile.
    if (answering !== undefined) asked.mockImplementation(answering);
    asked.mockClear();
    fleet.applySnapshot(snapshot(['a', 'b', 'c']));
    expect([ids(), shown.waiting]).toEqual(['bc', false]);
    await shown.ask(['role:Compute', 'class:River'], signal);
    expect(asked).toHaveBeenCalledTimes(4);
    expect(shown.problems).toEqual([]);
    fleet.applySnapshot(snapshot(['a', 'b', 'c']));
    await shown.ask([], signal);
    expect([ids(), shown.waiting]).toEqual(['', true]);
    vi.unstubAllGlobals();
  });
});
