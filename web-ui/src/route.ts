/** Which view is shown: the part of the address behind `#`. */
export type Route =
  | { readonly view: 'fleet'; readonly filter: string }
  | { readonly view: 'transition'; readonly id: string }
  | { readonly view: 'component'; readonly id: string }
  | { readonly view: 'unknown'; readonly path: string };

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id, ...more] = path.split('/').map(decode);
  if (more.length === 0) {
    if ((name === '' || name === 'fleet') && id === undefined)
      return { view: 'fleet', filter: new URLSearchParams(query).get('q') ?? '' };
    if (name === 'transitions' && id) return { view: 'transition', id };
    if (name === 'components' && id) return { view: 'component', id };
  }
  return { view: 'unknown', path };
}

export function fleetLink(filter = ''): string {
  return filter === '' ? '#/fleet' : `#/fleet?${new URLSearchParams({ q: filter }).toString()}`;
}

export const transitionLink = (id: string): string => `#/transitions/${encodeURIComponent(id)}`;

export const componentLink = (id: string): string => `#/components/${encodeURIComponent(id)}`;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
