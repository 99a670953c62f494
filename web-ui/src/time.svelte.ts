import { createSubscriber } from 'svelte/reactivity';

const everySecond = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => {
    clearInterval(timer);
  };
});

/** The present moment, in ms since the epoch; whatever shows it is shown anew every second. */
export function now(): number {
  everySecond();
  return Date.now();
}
