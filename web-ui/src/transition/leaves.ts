import type { Member } from '../api/types';
import { count, isRestart } from '../tasks/names';
import type { Timeline } from './timeline';

/** What a cancel meets: the unfinished components of a transition by what has already gone out. */
export interface Leaves {
  /** Nothing was sent: the names to cancel, as the request has them. */
  readonly unsent: readonly string[];
  /** Something was sent, and what comes of it is awaited. */
  readonly sent: readonly string[];
  /** Something was sent or tried, and the next try or step is due. */
  readonly between: readonly string[];
  readonly ended: number;
  /** Of the unfinished: another request shares the task, which goes on for that one. */
  readonly shared: number;
}

/** Phases in which a request is out, or its answer was taken. */
const OUT = new Set(['intent', 'pending', 'verifying', 'closing', 'refused']);

export function leaves(members: readonly Member[], timeline: Pick<Timeline, 'wasSent' | 'sharers'>): Leaves {
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
    const component = member.component ?? member.name;
    if (timeline.sharers(component).size > 0 || member.via === 'joined') shared += 1;
    if (OUT.has(member.phase ?? '')) sent.push(member.name);
    else if ((member.attempts ?? 0) > 0 || timeline.wasSent(component)) between.push(member.name);
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
      shared === 1
        ? '1 of these shares its task with another request, and goes on for that one.'
        : `${shared} of these share their task with another request, and go on for that one.`,
    );
  if (ended > 0)
    told.push(ended === 1 ? '1 is done and stays as it is.' : `${ended} are done and stay as they are.`);
  return told;
}
