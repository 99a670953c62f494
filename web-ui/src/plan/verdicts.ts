/** What a plan says, counted and named. */
import type { Plan, PlanGroup } from '../api/types';
import type { Word } from '../words';
import { operationWords } from './operations';

type Verdict = PlanGroup['verdict'];

export const VERDICTS: Readonly<Record<Verdict, Word>> = {
  act: { text: 'will act', glyph: 'arrow', tone: 'moving' },
  already: { text: 'already', glyph: 'check', tone: 'good' },
  blocked: { text: 'would fail', glyph: 'alert', tone: 'bad' },
  held: { text: 'held', glyph: 'bars', tone: 'waiting' },
  unsupported: { text: 'unsupported', glyph: 'slash', tone: 'quiet' },
  refused: { text: 'refused', glyph: 'cross', tone: 'bad' },
};

/** What has a word of its own, by the code of the group. */
const BY_CODE: Readonly<Record<string, Word>> = {
  'act endpoint.breaker-open': { text: 'no answer', glyph: 'alert', tone: 'waiting' },
  'blocked endpoint.breaker-open': { text: 'no login', glyph: 'alert', tone: 'bad' },
  'blocked driver.missing': { text: 'no driver', glyph: 'alert', tone: 'bad' },
  'blocked smd.locked': { text: 'locked', glyph: 'alert', tone: 'bad' },
  'blocked smd.disabled': { text: 'locked', glyph: 'alert', tone: 'bad' },
  'blocked smd.reserved': { text: 'reserved', glyph: 'alert', tone: 'bad' },
};

/** The word for a group: what is locked or has no driver is told from what would fail otherwise. */
export const wordOf = ({ verdict, code }: Pick<PlanGroup, 'verdict' | 'code'>): Word =>
  BY_CODE[`${verdict} ${code ?? ''}`] ?? VERDICTS[verdict];

/** The verdicts of components that are no part of what is executed. */
const LEFT_OUT: readonly Verdict[] = ['held', 'unsupported', 'refused'];

const sum = (groups: readonly PlanGroup[]): number => groups.reduce((all, { count }) => all + count, 0);

/** How many components are switched. */
export const acting = (plan: Plan): number => sum(plan.groups.filter(({ verdict }) => verdict === 'act'));

/** How many components cannot be part of it. */
export const leftOut = (plan: Plan): number =>
  sum(plan.groups.filter(({ verdict }) => LEFT_OUT.includes(verdict)));

/** How many would be accepted and fail. */
export const failing = (plan: Plan): number =>
  sum(plan.groups.filter(({ verdict }) => verdict === 'blocked'));

/** The names of all others. */
export const withoutFailing = (plan: Plan): string[] =>
  plan.groups.filter(({ verdict }) => verdict !== 'blocked').map(({ components }) => components);

/** How many are protected by their role, or because they are BMCs. */
export const guarded = (plan: Plan): number =>
  sum(plan.groups.filter(({ code }) => code === 'component.protected'));

/** Whether so many components are ended in their work that their number has to be typed. */
export function takesTyping(plan: Plan, above: number): boolean {
  const endsWork = operationWords(plan.operation).endsWork;
  return (endsWork && acting(plan) > above) || (plan.needsConfirmation && acting(plan) > 0);
}

/** `8 nodes`, `1 component`: nodes are called so when there is nothing else. */
export function countedNames(plan: Plan): string {
  const names = plan.members.filter(({ verdict }) => verdict === 'act').map(({ name }) => name);
  const noun = names.every((name) => /n\d+$/.test(name)) && names.length > 0 ? 'node' : 'component';
  const count = acting(plan);
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
