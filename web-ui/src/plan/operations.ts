/** The operations of the API, in words. */
export interface OperationWords {
  readonly name: string;
  /** What a button says, in the imperative. */
  readonly verb: string;
  /** What it does, in a sentence. */
  readonly does: string;
  /** Whether it ends what runs on a machine that is on. */
  readonly endsWork: boolean;
}

const operation = (name: string, verb: string, does: string, endsWork = true): OperationWords => ({
  name,
  verb,
  does,
  endsWork,
});

export const OPERATIONS: readonly OperationWords[] = [
  operation('on', 'Power on', 'Turns the power on. What is on already is left as it is.', false),
  operation(
    'off',
    'Power off',
    'Asks the operating system to shut down, and cuts the power when it has not after the grace time.',
  ),
  operation('soft-off', 'Shut down', 'Asks the operating system to shut down, and never cuts the power.'),
  operation(
    'force-off',
    'Force off',
    'Cuts the power at once, without a warning to the operating system. It waits for nobody.',
  ),
  operation('soft-restart', 'Restart', 'Restarts through the operating system.'),
  operation(
    'hard-restart',
    'Power off and on',
    'As Power off, then on: asks the operating system, and cuts the power when it has not shut down after the grace time.',
  ),
  operation(
    'init',
    'Power on anew',
    'What is on is powered off as by Power off, then on. What is off is only powered on.',
  ),
  operation('reset', 'Reset', 'Presses reset: the machine starts anew at once, without losing power.'),
  operation('power-cycle', 'Power cycle', 'Has the BMC cut the power and give it back.'),
  operation(
    'full-power-cycle',
    'Full power cycle',
    'Takes all power away, from the BMC too, and gives it back. The BMC is away meanwhile.',
  ),
  operation(
    'nmi',
    'Send NMI',
    'Interrupts the machine so that its operating system writes a dump. Nothing can show that it did.',
  ),
];

/** The words of an operation; one that a newer service knows is told as it is called, and taken for one that ends work. */
export const operationWords = (name: string): OperationWords =>
  OPERATIONS.find((known) => known.name === name) ??
  operation(name, name, 'Does what the service says it does.');
