import { KEYS, type Key, type KeyTable } from './keys';

/** The tables of the parts that have one, found when the page is built. */
const FOUND = import.meta.glob<{ KEYS: readonly Key[] }>('../{fleet,transition,component}/keys.ts', {
  eager: true,
});

/** Every table of the help, in this order; a part with keys of its own is one line here. */
const PARTS: readonly (readonly [title: string, path: string])[] = [
  ['Fleet', '../fleet/keys.ts'],
  ['Transition', '../transition/keys.ts'],
  ['Component', '../component/keys.ts'],
];

export function keyTables(found: Readonly<Record<string, { KEYS: readonly Key[] }>> = FOUND): KeyTable[] {
  const parts = PARTS.map(([title, path]) => ({ title, keys: found[path]?.KEYS ?? [] }));
  return [{ title: 'Everywhere', keys: KEYS }, ...parts.filter(({ keys }) => keys.length > 0)];
}
