import { fleetLink, listLink, parseRoute, type List, type Query, type Route } from './route';

/** The view of the address, and the way to change it. */
export class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  /** Follows the address; the function returned ends it. */
  start(): () => void {
    const follow = () => {
      this.route = parseRoute(location.hash);
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }

  /** Keeps the filter in the address without a step of history for every letter. */
  filter(text: string): void {
    history.replaceState(null, '', fleetLink(text));
    this.route = { view: 'fleet', filter: text };
  }

  /** The same for what narrows a list. */
  narrow(view: List, query: Query): void {
    history.replaceState(null, '', listLink(view, query));
    this.route = { view, query };
  }
}
