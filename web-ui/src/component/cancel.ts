import { clock } from '../age';
import type { Attempt, Task } from '../api/types';

/** What cancelling a task leaves, in sentences. */
export function leftBy(
  task: Pick<Task, 'attempts' | 'requests' | 'operation'>,
  caller: string | null,
): string[] {
  const sent = lastSent(task.attempts);
  const told = [
    sent === null
      ? 'Nothing was sent for it: it is as if it had not been asked for.'
      : `${sent.primitive} was sent at ${clock(sent.intentAt)} and cannot be unsent; nothing more follows.`,
  ];
  const others = [...new Set((task.requests ?? []).map(({ requestedBy }) => requestedBy))].filter(
    (name) => name !== caller,
  );
  if (others.length > 0) told.push(`It ends for ${others.join(', ')}.`);
  return told;
}

/** The last attempt that may have reached the controller. */
function lastSent(attempts: readonly Attempt[]): Attempt | null {
  return attempts.findLast(({ delivery }) => delivery !== 'not-sent') ?? null;
}
