import { getTask, Refused } from '../api/client';
import type { Member, Task } from '../api/types';
import type { Timeline } from './timeline';

export type Sharer = NonNullable<Task['requests']>[number];

/** So many tasks are asked who shares them: a request mostly shares all its tasks with the same others. */
const TASKS_ASKED = 5;

/** The members whose task another request shares. */
export const sharedOf = (members: readonly Member[], timeline: Pick<Timeline, 'sharers'>): Member[] =>
  members.filter((member) => member.via === 'joined' || timeline.sharers(member.component ?? '').size > 0);

/** The requests that share tasks of a transition, each once. */
export async function readSharers(
  shared: readonly Member[],
  own: string,
  signal: AbortSignal,
): Promise<readonly Sharer[]> {
  const asked = shared.flatMap(({ task }) => (task == null ? [] : [task])).slice(0, TASKS_ASKED);
  const tasks = await Promise.all(asked.map((task) => readRequests(task, signal)));
  const found = new Map(tasks.flat().map((request) => [request.transition, request]));
  found.delete(own);
  return [...found.values()];
}

async function readRequests(task: string, signal: AbortSignal): Promise<readonly Sharer[]> {
  try {
    return (await getTask(task, signal)).requests ?? [];
  } catch (error) {
    if (error instanceof Refused && error.notFound) return [];
    throw error;
  }
}
