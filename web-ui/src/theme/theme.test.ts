// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest';
import { readTheme, ThemeChoice } from './theme.svelte';

beforeEach(() => {
  localStorage.clear();
});

it('what is stored is chosen again', () => {
  new ThemeChoice().choose('dark');
  expect(document.documentElement.dataset['theme']).toBe('dark');
  expect(new ThemeChoice().current).toBe('dark');
});

it.each([null, '', 'pink'])('%j is the choice of the machine', (stored) => {
  expect(readTheme(stored)).toBe('system');
});
