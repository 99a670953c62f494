import { get } from '../api/client';
import type { Component, Member } from '../api/types';

interface ComponentList {
  readonly components: readonly Component[];
}

/** So many names fit into one request line with room to spare. */
const NAMES_AT_ONCE = 500;

/** The components of a transition whose operating system a reading after the end of their part shows to have started. */
export async function readBooted(
  members: readonly Member[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const proven = provenAt(members);
  const names = [...proven.keys()];
  const booted = new Set<string>();
  for (let first = 0; first < names.length; first += NAMES_AT_ONCE) {
    const query = new URLSearchParams({ select: names.slice(first, first + NAMES_AT_ONCE).join(',') });
    const { components } = await get<ComponentList>(`components?${query.toString()}`, signal);
    for (const component of components) if (hasBooted(component, proven)) booted.add(component.id);
  }
  return booted;
}

/** When each component was proven to be on. */
function provenAt(members: readonly Member[]): ReadonlyMap<string, number> {
  const proven = members.flatMap(({ component, outcome, endedAt }): [string, number][] =>
    component != null && outcome === 'verified' && endedAt != null ? [[component, Date.parse(endedAt)]] : [],
  );
  return new Map(proven);
}

/** An older reading may be of the system that was there before a restart. */
export function hasBooted(
  component: Pick<Component, 'id' | 'booted' | 'observedAt'>,
  proven: ReadonlyMap<string, number>,
): boolean {
  const since = proven.get(component.id);
  if (component.booted !== true || component.observedAt == null || since === undefined) return false;
  return Date.parse(component.observedAt) >= since;
}
