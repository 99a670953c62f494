const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of time in its largest unit, such as `12 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  const of = (unit: number) => String(Math.max(0, Math.floor(ms / unit)));
  if (ms < MINUTE) return `${of(SECOND)} s`;
  if (ms < HOUR) return `${of(MINUTE)} min`;
  if (ms < DAY) return `${of(HOUR)} h`;
  return `${of(DAY)} d`;
}

/** The time of day of a moment of the API, such as `10:00:02`; with the date when it is not of today. */
export function clock(at: string, today: Date = new Date()): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return at;
  const time = moment.toLocaleTimeString('en-GB');
  return moment.toDateString() === today.toDateString()
    ? time
    : `${moment.toLocaleDateString('en-CA')} ${time}`;
}
