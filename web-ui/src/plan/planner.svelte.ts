/** What is to be planned: an operation, and what it is about. */
export interface Ask {
  readonly operation: string;
  /** Names and set expressions. */
  readonly components?: readonly string[];
  /** In place of names everything that matches a filter, as the service understands it. */
  readonly filter?: string;
}

/** The one plan that is looked at before anything is switched. Every button that switches opens it, and none executes by itself. */
export class Planner {
  ask = $state.raw<Ask | null>(null);

  open(ask: Ask): void {
    this.ask = ask;
  }

  close(): void {
    this.ask = null;
  }
}
