/** How far back is looked at first, and how much further each time that is asked for. */
export const FIRST_BACK = 2_000;
export const BACK_STEP = 10;
/** Further back than this it is read from the oldest event that is kept. */
export const FURTHEST_BACK = 200_000;

/**
 * The place of the log that lies so many events before another, and `oldest` where that cannot be told. The ids of events end in
 * their number today, but they are opaque: a log that numbers differently is read from its beginning.
 */
export function placeBefore(place: string, back: number): string {
  const found = /^(.+)\.(\d+)$/.exec(place);
  if (found === null || back > FURTHEST_BACK) return 'oldest';
  const number = Number(found[2]) - back;
  return number > 0 ? `${found[1] ?? ''}.${number}` : 'oldest';
}
