/** What may be chosen; `system` follows the machine. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'switchyard.theme';

/** Reads what was stored; anything that is no theme is the machine's. */
export function readTheme(stored: string | null): Theme {
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** The colours of the page: an attribute of the root that the stylesheet turns into `color-scheme`. */
export class ThemeChoice {
  current = $state<Theme>(readTheme(load()));

  constructor() {
    this.#apply();
  }

  choose(theme: Theme): void {
    this.current = theme;
    this.#apply();
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing shows the choice until the page is closed.
    }
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.current;
  }
}

function load(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
