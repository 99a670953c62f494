import type { Live } from '../stream/live.svelte';
import { BEAT_MS, SIGN_MS, Throttle } from './throttle';

/**
 * Reads again for as long as the view is there: when the stream tells of a change, at most every two seconds, and every fifteen
 * without one. A picture that is held still, and a tab that nobody looks at, stay as they are. To be called while a view is made.
 */
export function follow(of: () => Live, refresh: () => void): void {
  const throttle = new Throttle(refresh, SIGN_MS);
  $effect(() => {
    const live = of();
    // What is new in the fleet, and a service that came back, are the signs.
    void live.fleet.heardAt;
    void live.status.kind;
    if (live.watching) throttle.sign();
  });
  $effect(() => {
    const timer = setInterval(() => {
      if (of().watching) throttle.sign();
    }, BEAT_MS);
    return () => {
      clearInterval(timer);
      throttle.close();
    };
  });
}
