/** `1 component`, `3 components`. */
export const count = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`;

const RESTARTS = new Set(['soft-restart', 'hard-restart', 'init']);
const BOOTS = new Set(['on', ...RESTARTS, 'reset', 'power-cycle', 'full-power-cycle']);

/** Whether a cancel may leave a component off that was on: it has a choice to finish. */
export const isRestart = (operation: string): boolean => RESTARTS.has(operation);

/** Whether an operating system is to start by it. */
export const boots = (operation: string): boolean => BOOTS.has(operation);
