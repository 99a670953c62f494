import type { Member } from '../api/types';
import * as words from '../words';

/** How many members of a transition stand at one point. */
export interface Part {
  /** The phase, or the outcome once it has ended. */
  readonly name: string;
  readonly ended: boolean;
  readonly word: words.Word;
  readonly count: number;
}

/** The members by where they truly stand: outcomes first, then phases from the nearest to the end to the furthest. */
export function tally(members: readonly Member[]): Part[] {
  const outcomes = new Map<string, number>();
  const phases = new Map<string, number>();
  for (const member of members) {
    const { name, ended } = standing(member);
    const counts = ended ? outcomes : phases;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [
    ...parts(outcomes, words.OUTCOME_ORDER, true, words.outcome),
    ...parts(phases, words.PHASE_ORDER, false, words.phase),
  ];
}

function parts(
  counts: ReadonlyMap<string, number>,
  order: readonly string[],
  ended: boolean,
  word: (name: string) => words.Word,
): Part[] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...counts]
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, count]) => ({ name, ended, word: word(name), count }));
}

/** The state of a transition in one sentence, for those who do not see the bar. */
export function sentence(parts: readonly Part[]): string {
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  const verified = parts.find((part) => part.name === 'verified')?.count ?? 0;
  const others = parts.filter((part) => part.name !== 'verified');
  return [
    `${verified} of ${total} verified`,
    ...others.map((part) => `${part.count} ${part.word.text}`),
  ].join(', ');
}

/** Where a member truly stands: its outcome, or how far it is. A task that was paused keeps its phase. */
export function standing({ outcome, paused, phase }: Member): Pick<Part, 'name' | 'ended'> {
  if (outcome != null) return { name: outcome, ended: true };
  return { name: paused === true ? 'paused' : (phase ?? 'queued'), ended: false };
}

/** The same in its word. */
export function standingWord(member: Member): words.Word {
  const { name, ended } = standing(member);
  return ended ? words.outcome(name) : words.phase(name);
}

/** Whether a member stands at a part. */
export function standsAt(member: Member, part: Pick<Part, 'name' | 'ended'>): boolean {
  const { name, ended } = standing(member);
  return name === part.name && ended === part.ended;
}
