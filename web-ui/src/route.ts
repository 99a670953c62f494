/** Which view is shown: the part of the address behind `#`. */
export type Route =
  | { readonly view: 'fleet'; readonly filter: string }
  | Narrowed<List>
  | Single<Detail>
  | { readonly view: 'system' }
  | { readonly view: 'unknown'; readonly path: string };

/** The views of many things, narrowed by the query of the address. */
export type List = 'transitions' | 'endpoints' | 'drivers' | 'events';
/** The views of one thing. */
export type Detail = 'transition' | 'component' | 'endpoint' | 'driver';
type Narrowed<View extends List> = View extends List ? { readonly view: View; readonly query: Query } : never;
type Single<View extends Detail> = View extends Detail ? { readonly view: View; readonly id: string } : never;
/** What narrows a list, by name. */
export type Query = Readonly<Record<string, string>>;

const LISTS: readonly List[] = ['transitions', 'endpoints', 'drivers', 'events'];
const DETAILS: Readonly<Record<string, Detail>> = {
  transitions: 'transition',
  components: 'component',
  endpoints: 'endpoint',
  drivers: 'driver',
};

export function parseRoute(hash: string): Route {
  const [path = '', text = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const query: Query = Object.fromEntries(new URLSearchParams(text));
  const [name = '', id, ...more] = path.split('/').map(decode);
  if (more.length > 0) return { view: 'unknown', path };
  if (id !== undefined) {
    const view = DETAILS[name];
    return view !== undefined && id !== '' ? { view, id } : { view: 'unknown', path };
  }
  if (name === '' || name === 'fleet') return { view: 'fleet', filter: query['q'] ?? '' };
  if (name === 'system') return { view: 'system' };
  const view = LISTS.find((list) => list === name);
  return view === undefined ? { view: 'unknown', path } : { view, query };
}

export const fleetLink = (filter = ''): string => link('fleet', { q: filter });

export const listLink = (list: List, query: Query = {}): string => link(list, query);

export const systemLink = (): string => '#/system';

export const transitionLink = (id: string): string => `#/transitions/${encodeURIComponent(id)}`;

export const componentLink = (id: string): string => `#/components/${encodeURIComponent(id)}`;

export const endpointLink = (id: string): string => `#/endpoints/${encodeURIComponent(id)}`;

export const driverLink = (id: string): string => `#/drivers/${encodeURIComponent(id)}`;

/** What narrows nothing is not in the address. */
function link(name: string, query: Query): string {
  const said = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(said).toString();
  return text === '' ? `#/${name}` : `#/${name}?${text}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
