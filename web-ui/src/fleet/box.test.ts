// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import FilterBox from './FilterBox.svelte';
import { row } from './sample';

afterEach(cleanup);

it('the field is a combobox whose options keys choose', async () => {
  const changed = vi.fn();
  const rows = [row({ by: 'alice' }), row({ by: 'alice' }), row({ by: 'bob' })];
  const { rerender } = render(FilterBox, { text: '', rows: () => rows, invalid: false, onchange: changed });
  const input = screen.getByRole<HTMLInputElement>('combobox', { name: 'Filter' });
  expect(input.getAttribute('aria-expanded')).toBe('false');
  await fireEvent.input(input, { target: { value: 'by:' } });
  expect(changed).toHaveBeenLastCalledWith('by:');
  await rerender({ text: 'by:' });
  expect(input.getAttribute('aria-expanded')).toBe('true');
  expect(screen.getAllByRole('option').map((option) => option.textContent.trim())).toEqual([
    'alice 2',
    'bob 1',
  ]);
  expect(input.getAttribute('aria-activedescendant')).toBeNull();
  await fireEvent.keyDown(input, { key: 'ArrowUp' });
  const active = input.getAttribute('aria-activedescendant') ?? '';
  expect(document.getElementById(active)?.textContent).toContain('bob');
  await fireEvent.keyDown(input, { key: 'Enter' });
  expect(changed).toHaveBeenLastCalledWith('by:bob ');
  await fireEvent.input(input, { target: { value: 'power:' } });
  await fireEvent.keyDown(input, { key: 'Escape' });
  expect(input.getAttribute('aria-expanded')).toBe('false');
});
