import { expect, it } from 'vitest';
import { keyTables } from './tables';
import { SEQUENCE_MS, Shortcuts, type Press } from './shortcuts';

const press = (key: string, at = 0, more: Partial<Press> = {}): Press => ({
  key,
  modified: false,
  typing: false,
  busy: false,
  at,
  ...more,
});

it('g and a letter go to a place', () => {
  const shortcuts = new Shortcuts();
  expect(shortcuts.press(press('g'))).toEqual({ kind: 'begin' });
  expect(shortcuts.press(press('e', 100))).toEqual({ kind: 'go', place: 'endpoints' });
  // Alone the letter is a key of the view.
  expect(shortcuts.press(press('e', 200))).toBeNull();
});

it('the letter must come soon, and one that names no place does nothing', () => {
  const shortcuts = new Shortcuts();
  shortcuts.press(press('g'));
  expect(shortcuts.press(press('f', SEQUENCE_MS + 1))).toBeNull();
  shortcuts.press(press('g', 5_000));
  expect(shortcuts.press(press('x', 5_100))).toEqual({ kind: 'nothing' });
  expect(shortcuts.press(press('f', 5_200))).toBeNull();
});

it('a shift between the two keys is no third key', () => {
  const shortcuts = new Shortcuts();
  shortcuts.press(press('g'));
  shortcuts.press(press('Shift', 10));
  expect(shortcuts.press(press('t', 20))).toEqual({ kind: 'go', place: 'transitions' });
});

it.each([
  ['typing', { typing: true }],
  ['a key of the browser', { modified: true }],
])('%s is left alone', (_, more) => {
  for (const key of ['g', '?', ' ']) expect(new Shortcuts().press(press(key, 0, more))).toBeNull();
});

it('space pauses where nothing else has a use for it', () => {
  expect(new Shortcuts().press(press(' '))).toEqual({ kind: 'pause' });
  expect(new Shortcuts().press(press(' ', 0, { busy: true }))).toBeNull();
});

it('the help has the tables of the parts that are there', () => {
  const found = { '../component/keys.ts': { KEYS: [{ keys: 'l', does: 'show the reading' }] } };
  expect(keyTables(found).map(({ title }) => title)).toEqual(['Everywhere', 'Component']);
  expect(keyTables({})).toHaveLength(1);
});
