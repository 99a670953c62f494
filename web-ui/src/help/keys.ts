/** One line of the help: which keys, and what they do. */
export interface Key {
  readonly keys: string;
  readonly does: string;
}

/** The keys of a part of the page. */
export interface KeyTable {
  readonly title: string;
  readonly keys: readonly Key[];
}

/** The places that `g` and a letter lead to. */
export const PLACE_KEYS = {
  f: 'fleet',
  t: 'transitions',
  e: 'endpoints',
  d: 'drivers',
  v: 'events',
  s: 'system',
} as const;
export type PlaceName = (typeof PLACE_KEYS)[keyof typeof PLACE_KEYS];

/** The keys that hold everywhere. */
export const KEYS: readonly Key[] = [
  { keys: '?', does: 'show the keys' },
  ...Object.entries(PLACE_KEYS).map(([key, place]) => ({ keys: `g ${key}`, does: `go to ${place}` })),
  { keys: 'Space', does: 'hold the picture still, or let it go on; outside of tables and inputs' },
  { keys: 'Escape', does: 'close what is open' },
];
