import type { Member } from '../api/types';
import { count, isRestart } from '../work/names';

/** What a cancel meets: the unfinished components of a transition by what has already gone out. */
export interface Leaves {
  /** Nothing was sent: the names to cancel, as the request has them. */
  readonly unsent: readonly string[];
  /** Something was sent, and what comes of it is awaited. */
  readonly sent: readonly string[];
  /** Something was sent or tried, and the next try or step is due. */
  readonly between: readonly string[];
  readonly ended: number;
  /** Of the unfinished: they share the task of another request, which goes on without this one. */
  readonly shared: number;
}

/** Phases in which a request is out, or its answer was taken. */
const OUT = new Set(['intent', 'pending', 'verifying', 'closing', 'refused']);

export function leaves(members: readonly Member[], wasSent: (component: string) => boolean): Leaves {
  const unsent: string[] = [];
  const sent: string[] = [];
  const between: string[] = [];
  let ended = 0;
  let shared = 0;
  for (const member of members) {
    if (member.outcome != null) {
      ended += 1;
      continue;
    }
    if (member.via === 'joined') shared += 1;
    if (OUT.has(member.phase ?? '')) sent.push(member.name);
    else if ((member.attempts ?? 0) > 0 || wasSent(member.component ?? member.name))
      between.push(member.name);
    else unsent.push(member.name);
  }
  return { unsent, sent, between, ended, shared };
}

/** What is left behind by cancelling everything, in sentences. */
export function sentences(found: Leaves, operation: string): string[] {
  const { unsent, sent, between, ended, shared } = found;
  const told: string[] = [];
  if (unsent.length > 0)
    told.push(
      `${count(unsent.length, 'component has', 'components have')} not been sent anything and will be cancelled.`,
    );
  if (sent.length > 0)
    told.push(
      `${count(sent.length, 'was', 'were')} sent already and cannot be unsent: what the controllers accepted happens.`,
    );
  if (between.length > 0)
    told.push(
      isRestart(operation)
        ? `${count(between.length, 'is', 'are')} between two tries or steps: a restart may stand half way, switched off.`
        : `${count(between.length, 'is', 'are')} between two tries: the next one is not made.`,
    );
  if (shared > 0)
    told.push(
      `${count(shared, 'of these shares', 'of these share')} the task of another request, and ${shared === 1 ? 'goes' : 'go'} on for that one.`,
    );
  if (ended > 0)
    told.push(ended === 1 ? '1 is done and stays as it is.' : `${ended} are done and stay as they are.`);
  return told;
}
