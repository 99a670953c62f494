// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, it, vi } from 'vitest';
import Plot from './Plot.svelte';

const made = vi.hoisted(() => ({ count: 0 }));
vi.mock('uplot', () => ({
  default: class {
    constructor() {
      made.count += 1;
    }
    setData = () => undefined;
    setSize = () => undefined;
    destroy = () => undefined;
  },
}));

afterEach(cleanup);

it('the plot is drawn anew when other colours are chosen on the page', async () => {
  const trace = { times: [1, 2], series: [{ id: 'a', name: 'a', watts: [1, 2] }] };
  render(Plot, { props: { trace, label: 'Power' } });
  await tick();
  expect(made.count).toBe(1);
  document.documentElement.dataset['theme'] = 'dark';
  await vi.waitFor(() => {
    expect(made.count).toBe(2);
  });
});
