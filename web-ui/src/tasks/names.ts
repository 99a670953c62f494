/** `1 component`, `3 components`. */
export const count = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`;

/** What the operations do, in the words of their effect. */
const EFFECTS: Readonly<Record<string, string>> = {
  on: 'Turns the power on.',
  off: 'Asks the operating system to shut down, and cuts the power when the grace is over.',
  'soft-off': 'Asks the operating system to shut down. The power is never cut.',
  'force-off': 'Cuts the power at once. The operating system is not asked.',
  'soft-restart': 'Asks the operating system to restart.',
  'hard-restart': 'Turns the power off and on again.',
  init: 'On when it is off; off and on again when it is on.',
  reset: 'Resets at once. The operating system is not asked.',
  'power-cycle': 'One power cycle by the controller. The operating system is not asked.',
  'full-power-cycle': 'Cuts the mains for a moment. The controller goes away too.',
  nmi: 'Sends a non-maskable interrupt, mostly for a crash dump.',
};

export const effect = (operation: string): string => EFFECTS[operation] ?? '';

const RESTARTS = new Set(['soft-restart', 'hard-restart', 'init']);
const BOOTS = new Set(['on', ...RESTARTS, 'reset', 'power-cycle', 'full-power-cycle']);

/** Whether a cancel may leave a component off that was on: it has a choice to finish. */
export const isRestart = (operation: string): boolean => RESTARTS.has(operation);

/** Whether an operating system is to start by it. */
export const boots = (operation: string): boolean => BOOTS.has(operation);
