// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, it, vi } from 'vitest';
import { Refused } from '../api/client';
import { Resource } from '../api/resource.svelte';
import Shown from './Shown.svelte';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('a filter that is refused is told alone, and not the rows of the one before', async () => {
  vi.useFakeTimers();
  let filter = 'good';
  const problem = { type: '', title: '', status: 422, code: 'filter.invalid', detail: 'no such word' };
  const resource = new Resource(
    () => (filter === 'good' ? Promise.resolve('rows') : Promise.reject(new Refused(problem))),
    () => filter,
  );
  const children = createRawSnippet(() => ({ render: () => '<p>the rows</p>' }));
  const { container } = render(Shown<string>, { props: { resource, what: 'the list', children } });
  resource.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(container.textContent).toContain('the rows');
  filter = 'bad';
  resource.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(container.textContent).toContain('no such word');
  expect(container.textContent).not.toContain('the rows');
  expect(container.textContent).not.toContain('tried again by itself');
});
