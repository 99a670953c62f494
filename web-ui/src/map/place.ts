/** Where a component stands, by its xname. */
export interface Place {
  /** The cabinet; null for names that tell of none. */
  readonly cabinet: number | null;
  /** The chassis in the cabinet, such as `c0`; empty for the cabinet itself. */
  readonly chassis: string;
  /** The slot in the chassis, such as `s7` or `r3`; empty for the chassis itself. */
  readonly slot: string;
  /** Whether it is what the place is for: a node, an outlet, a switch; and not what manages or holds it. */
  readonly leaf: boolean;
}

const XNAME = /^x(\d+)(?:([a-z])(\d+))?(?:([a-z])(\d+))?([a-z0-9]*)$/;
const OTHER: Place = { cabinet: null, chassis: '', slot: '', leaf: true };

export function placeOf(id: string): Place {
  const found = XNAME.exec(id);
  if (found === null) return OTHER;
  const [, cabinet, unit = '', unitNumber = '', module = '', moduleNumber = '', rest = ''] = found;
  return {
    cabinet: Number(cabinet),
    chassis: unit + unitNumber,
    slot: module + moduleNumber,
    leaf: /n\d+$|[vj]\d+$/.test(rest) || module === 'w' || (unit === 'm' && rest !== ''),
  };
}

/** Orders `c2` before `c10`. */
export function byNumber(a: string, b: string): number {
  const letter = a.charAt(0).localeCompare(b.charAt(0));
  return letter === 0 ? Number(a.slice(1)) - Number(b.slice(1)) : letter;
}
