/** The shortest time between two readings because of what the stream tells. */
export const SIGN_MS = 2_000;
/** How often it is read without any sign. */
export const BEAT_MS = 15_000;

/** Turns many signs of change into few calls: the first at once, then at most one in each span of time. */
export class Throttle {
  readonly #call: () => void;
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;

  constructor(call: () => void, ms: number) {
    this.#call = call;
    this.#ms = ms;
  }

  sign(): void {
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#call();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const again = this.#again;
      this.#again = false;
      if (again) this.sign();
    }, this.#ms);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
