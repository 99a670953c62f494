import { PLACE_KEYS, type PlaceName } from './keys';

/** How long after `g` a letter still names a place. */
export const SEQUENCE_MS = 1_500;

/** What a key asks for. */
export type Wish =
  | { readonly kind: 'help' | 'pause' | 'begin' | 'nothing' }
  | { readonly kind: 'go'; readonly place: PlaceName };

/** What is looked at of a key and of where it was pressed. */
export interface Press {
  readonly key: string;
  /** With Ctrl, Alt or Meta: a key of the browser. */
  readonly modified: boolean;
  /** In something that takes text. */
  readonly typing: boolean;
  /** On something that has a use of its own for the space bar. */
  readonly busy: boolean;
  /** In ms; only differences count. */
  readonly at: number;
}

/** Reads the keys that hold everywhere, one after the other. */
export class Shortcuts {
  #begunAt: number | null = null;

  /** What this key asks for; null for a key that is somebody else's. */
  press({ key, modified, typing, busy, at }: Press): Wish | null {
    if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph'].includes(key)) return null;
    const begun = this.#begunAt !== null && at - this.#begunAt <= SEQUENCE_MS;
    this.#begunAt = null;
    if (modified || typing) return null;
    if (begun) {
      const place = PLACE_KEYS[key as keyof typeof PLACE_KEYS] as PlaceName | undefined;
      // The second key of a sequence does nothing else, also when it names no place.
      return place === undefined ? { kind: 'nothing' } : { kind: 'go', place };
    }
    if (key === 'g') {
      this.#begunAt = at;
      return { kind: 'begin' };
    }
    if (key === '?') return { kind: 'help' };
    return key === ' ' && !busy ? { kind: 'pause' } : null;
  }
}

const TYPING = 'input, textarea, select, [contenteditable]';
const USES_SPACE = 'button, a, summary, label, [role=grid], [role=option], [tabindex="0"], dialog';

/** Reads an event of the keyboard. */
export function readPress(event: KeyboardEvent): Press {
  const target = event.target instanceof Element ? event.target : null;
  return {
    key: event.key,
    modified: event.ctrlKey || event.altKey || event.metaKey,
    typing: target?.closest(TYPING) != null,
    busy: target?.closest(USES_SPACE) != null,
    at: event.timeStamp,
  };
}
