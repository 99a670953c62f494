// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import App from './App.svelte';
import { delta, snapshot } from './fleet/sample';
import * as views from './views';

const calledOff = vi.fn();
vi.mock('./views', async (original) => ({
  ...(await original<typeof views>()),
  fetchAhead: vi.fn(() => calledOff),
}));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('views are fetched ahead on a busy fleet too', async () => {
  let say: (text: string) => void = () => undefined;
  vi.stubGlobal('fetch', (address: string) => {
    if (!address.endsWith('/stream')) {
      const who = { mode: 'none', subject: 'anonymous', how: 'none', role: 'viewer' };
      return Promise.resolve(Response.json(who));
    }
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        say = (text) => {
          controller.enqueue(new TextEncoder().encode(text));
        };
      },
    });
    return Promise.resolve(new Response(body));
  });
  localStorage.setItem('switchyard.map', 'folded');
  const { container } = render(App);
  const shows = (text: string) =>
    vi.waitFor(() => {
      expect(container.querySelector('[role=grid]')?.textContent).toContain(text);
    });
  await vi.waitFor(() => {
    expect(container.textContent).toContain('connecting');
  });
  say(`event: snapshot\ndata: ${snapshot(['a', 'b'])}\n\n`);
  await shows('aon');
  for (const by of ['alice', 'bob', 'carol']) {
    say(`event: delta\ndata: ${delta(1, { by })}\n\n`);
    await shows(by);
  }
  expect(views.fetchAhead).toHaveBeenCalledOnce();
  expect(calledOff).not.toHaveBeenCalled();
});
