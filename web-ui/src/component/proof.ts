import { clock } from '../age';
import type { Attempt, Task } from '../api/types';

/** What shows that a task is done, in a sentence; null while nothing does. */
export function proofWords({ proof, outcome }: Pick<Task, 'proof' | 'outcome'>): string | null {
  if (outcome?.evidence) return outcome.evidence;
  if (proof == null) return null;
  const at = clock(proof.at);
  switch (proof.kind) {
    case 'reading':
      return `a reading of ${at} shows ${proof.state} (in the words of the controller: ${proof.raw})`;
    case 'evidence':
      return `${proof.name} changed from ${proof.before} to ${proof.after}, read at ${at}`;
    case 'seen-off':
      return `it was seen off at ${at}, and on again later`;
    case 'seen-away':
      return `its controller was seen away at ${at}, and answered again later`;
  }
}

/** What became of the sending of an attempt. */
export function fate(attempt: Pick<Attempt, 'delivery' | 'status'>): string {
  switch (attempt.delivery) {
    case 'not-sent':
      return 'not sent';
    case 'maybe-sent':
      return 'maybe sent';
    case 'answered':
      return `answered ${attempt.status ?? ''}`.trim();
    default:
      return 'on its way';
  }
}
