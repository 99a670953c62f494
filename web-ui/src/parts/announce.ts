/** What became of something that was asked for, to be seen and heard once. */
export interface Announcement {
  readonly text: string;
  /** What failed stays until it is put away. */
  readonly failed: boolean;
}

type Listener = (announcement: Announcement) => void;

const listeners = new Set<Listener>();

/** Tells what was done, such as `x1000c0s0b0 is tried.` */
export function announce(text: string): void {
  for (const listener of listeners) listener({ text, failed: false });
}

/** Tells why something was not done, in the words of the service where it spoke. */
export function announceFailure(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  for (const listener of listeners) listener({ text, failed: true });
}

/** Calls the listener with every announcement; the function returned ends that. */
export function onAnnouncement(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
