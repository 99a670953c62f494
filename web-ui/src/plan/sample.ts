/** Plans for tests. */
import type { Plan, PlanGroup } from '../api/types';

export function group(verdict: PlanGroup['verdict'], names: readonly string[], code?: string): PlanGroup {
  return {
    verdict,
    text: `it is ${verdict}`,
    count: names.length,
    components: names.join(','),
    ...(code === undefined ? {} : { code }),
  };
}

/** A plan in which the same happens to all components of a group. */
export function plan(groups: readonly PlanGroup[], changes: Partial<Plan> = {}): Plan {
  const members = groups.flatMap(({ verdict, text, components }) =>
    components.split(',').map((name) => ({
      name,
      component: name,
      verdict,
      text,
      state: 'on',
      wave: 1,
      disposition: { name: 'starts' },
    })),
  );
  return {
    id: 'p1',
    operation: 'off',
    requestedBy: 'alice',
    madeAt: '2026-01-02T03:00:00Z',
    expiresAt: '2026-01-02T03:10:00Z',
    request: { operation: 'off' },
    resolved: members.length,
    expect: members.length,
    needsConfirmation: false,
    groups: [...groups],
    waves: [],
    parents: '',
    children: '',
    inFlight: [],
    estimate: { seconds: 60, text: 'about 1 min' },
    members,
    ...changes,
  };
}
