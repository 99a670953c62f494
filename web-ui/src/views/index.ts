/** The views that the first page does not show: each comes when it is looked at. */

export const login = () => import('./Login.svelte');
export const transition = () => import('./Transition.svelte');
export const component = () => import('./Component.svelte');
export const transitions = () => import('./Transitions.svelte');
export const endpoints = () => import('./Endpoints.svelte');
export const endpoint = () => import('./Endpoint.svelte');
export const drivers = () => import('./Drivers.svelte');
export const driver = () => import('./Driver.svelte');
export const events = () => import('./Events.svelte');
export const system = () => import('./System.svelte');
export const help = () => import('../help/Help.svelte');

const AHEAD = [
  component,
  transition,
  transitions,
  endpoints,
  endpoint,
  drivers,
  driver,
  events,
  system,
  help,
];
/** How long the page is left alone before anything is fetched ahead. */
const QUIET_MS = 3_000;
let fetched = false;

/** Fetches them all, once, when the page has been quiet for a moment; the function returned calls it off. */
export function fetchAhead(): (() => void) | undefined {
  if (fetched) return undefined;
  const timer = setTimeout(() => {
    fetched = true;
    // What does not come now is asked for again when it is looked at.
    void Promise.allSettled(AHEAD.map((load) => load()));
  }, QUIET_MS);
  return () => {
    clearTimeout(timer);
  };
}
