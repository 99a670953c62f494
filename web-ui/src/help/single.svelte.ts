const KEY = 'switchyard.keys';

/**
 * Whether keys of one character act on the page. Who speaks to the machine, or hits keys by mistake, turns them off; the browser
 * remembers it. Keys of what has the focus, such as the arrows of a table, are not meant.
 */
class SingleKeys {
  on = $state(read());

  set(on: boolean): void {
    this.on = on;
    try {
      localStorage.setItem(KEY, on ? 'on' : 'off');
    } catch {
      // A browser that keeps nothing holds to it until the page is closed.
    }
  }

  /** Whether this key is for the page: every longer one, such as Escape, is. */
  take(key: string): boolean {
    return this.on || key.length > 1;
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export const singleKeys = new SingleKeys();
