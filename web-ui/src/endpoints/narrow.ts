import type { Query } from '../route';
import { standing, type Standing, STANDINGS } from './standing';
import type { Endpoint } from './types';

/** The value of the driver's filter for endpoints that have none. */
export const NO_DRIVER = 'none';

/** What of the endpoints is shown. */
export interface Narrowing {
  /** In lower case; a part of the id, the address, the components or the last words. */
  readonly text: string;
  readonly standing: Standing | '';
  readonly driver: string;
}

export function readNarrowing(query: Query): Narrowing {
  const { q = '', is = '', driver = '' } = query;
  return { text: q.trim().toLowerCase(), standing: is in STANDINGS ? (is as Standing) : '', driver };
}

export const isNarrowed = ({ text, standing, driver }: Narrowing): boolean =>
  text !== '' || standing !== '' || driver !== '';

export function narrowed(endpoints: readonly Endpoint[], by: Narrowing): readonly Endpoint[] {
  if (!isNarrowed(by)) return endpoints;
  return endpoints.filter(
    (endpoint) =>
      (by.standing === '' || standing(endpoint) === by.standing) &&
      (by.driver === '' || (endpoint.driver ?? NO_DRIVER) === by.driver) &&
      (by.text === '' || words(endpoint).some((word) => word.toLowerCase().includes(by.text))),
  );
}

const words = ({ id, address, components, failure }: Endpoint): string[] => [
  id,
  address,
  components,
  failure?.text ?? '',
  failure?.code ?? '',
];

/** How many endpoints stand how; those that there are none of are not in it. */
export function countStandings(endpoints: readonly Endpoint[]): { standing: Standing; count: number }[] {
  const counts = new Map<Standing, number>();
  for (const endpoint of endpoints) {
    const name = standing(endpoint);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (Object.keys(STANDINGS) as Standing[])
    .map((name) => ({ standing: name, count: counts.get(name) ?? 0 }))
    .filter(({ count }) => count > 0);
}

/** The drivers that are there, in order of name; `none` first where an endpoint has none. */
export function driversOf(endpoints: readonly Endpoint[]): string[] {
  const names = new Set(endpoints.map(({ driver }) => driver ?? NO_DRIVER));
  const named = [...names].filter((name) => name !== NO_DRIVER).sort();
  return names.has(NO_DRIVER) ? [NO_DRIVER, ...named] : named;
}
