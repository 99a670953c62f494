const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long something took, in its two largest units: `0.4 s`, `12 s`, `1 min 12 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 10 * SECOND) return `${trim((whole / SECOND).toFixed(1))} s`;
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', SECOND, 's');
  return pair(whole, HOUR, 'h', MINUTE, 'min');
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

const trim = (number: string): string => number.replace(/\.0$/, '');
