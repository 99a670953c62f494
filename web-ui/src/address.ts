/**
 * The address of a path of the API. The page lies one folder below the service's root, so addresses are relative to the page and
 * hold behind any prefix that a proxy adds.
 */
export function apiAddress(path: string, base: string = document.baseURI): string {
  return new URL(`../v2/${path}`, base).href;
}

/** The address of the service's root, with a slash at the end. */
export const apiRoot = (base: string = document.baseURI): string => new URL('../', base).href;
