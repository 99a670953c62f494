import { clock } from '../age';

const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;

/** Words of the service with its moments as people read the time. */
export const withClock = (text: string): string => text.replace(MOMENT, (moment) => clock(moment));
