import { getComponent, getTask } from '../api/client';
import { Resource } from '../api/resource.svelte';
import type { Component, Task } from '../api/types';

/** A component with the task in front of its line. */
export interface Sight {
  readonly component: Component;
  readonly task: Task | null;
}

/** Reads a component, and what was tried for the task in front of its line. */
export function componentFeed(id: string): Resource<Sight> {
  return new Resource(async (signal) => {
    const component = await getComponent(id, signal);
    const front = component.queue?.[0];
    return { component, task: front === undefined ? null : await getTask(front.task, signal) };
  });
}
