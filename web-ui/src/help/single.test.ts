// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest';
import { isForView } from '../tasks/keyboard';
import { singleKeys } from './single.svelte';

afterEach(() => {
  singleKeys.set(true);
});

it('keys of one character do nothing once they are turned off, and the browser remembers it', async () => {
  const press = (key: string) => isForView(new KeyboardEvent('keydown', { key }));
  expect([press('c'), press('1'), press('Escape')]).toEqual([true, true, true]);
  singleKeys.set(false);
  expect([press('c'), press('1'), press('Escape')]).toEqual([false, false, true]);
  vi.resetModules();
  const anew = await import('./single.svelte');
  expect(anew.singleKeys.on).toBe(false);
});
