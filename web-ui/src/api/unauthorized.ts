type Listener = () => void;

const listeners = new Set<Listener>();

/** Calls the listener whenever the service asks who one is; the function returned ends that. */
export function onUnauthorized(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells that the service asked who one is. */
export function unauthorized(): void {
  for (const listener of listeners) listener();
}
