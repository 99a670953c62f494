import { count } from './words';
import type { Driver, DriverVersion } from './types';

/** What an admin may do with a driver, with the sentence that says what it changes. */
export type DriverChange =
  | { readonly kind: 'promote'; readonly version: string }
  | { readonly kind: 'upgrade'; readonly version: string }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'remove'; readonly version: string };

/** What can be done with one version, as things stand. The service decides all the same. */
export function changesOf(driver: Driver, { version, role, source }: DriverVersion): DriverChange[] {
  const changes: DriverChange[] = [];
  if (role !== 'standard') changes.push({ kind: 'promote', version }, { kind: 'upgrade', version });
  if (role === 'idle' && source === 'installed') changes.push({ kind: 'remove', version });
  return changes;
}

/** Whether there is something to go back from. */
export const canRollBack = ({ canary, former }: Driver): boolean => canary != null || former != null;

export function label(change: DriverChange): string {
  switch (change.kind) {
    case 'promote':
      return `Promote ${change.version}`;
    case 'upgrade':
      return `Let some try ${change.version}`;
    case 'rollback':
      return 'Roll back';
    case 'remove':
      return `Remove ${change.version}`;
  }
}

/** The question before it. */
export const question = (id: string, change: DriverChange): string =>
  change.kind === 'rollback' ? `Roll back the driver ${id}?` : `${label(change)} of the driver ${id}?`;

/** What is said once it was done. */
export function done(id: string, change: DriverChange): string {
  switch (change.kind) {
    case 'promote':
      return `${id} ${change.version} is the version for all.`;
    case 'upgrade':
      return `${id} ${change.version} is tried by those that were named.`;
    case 'rollback':
      return `${id} is rolled back.`;
    case 'remove':
      return `${id} ${change.version} is removed.`;
  }
}

/** What changes, in a sentence for the question. */
export function consequence(driver: Driver, change: DriverChange): string {
  const all = count(driver.controllers, 'controller');
  switch (change.kind) {
    case 'promote':
      return `Version ${change.version} becomes the one for all: ${all}, in place of ${driver.version}, which is kept for a rollback.`;
    case 'upgrade':
      return `The controllers of what you name use version ${change.version} from their next call on, besides those that try it already; the others stay with ${driver.version}.`;
    case 'rollback':
      return driver.canary != null
        ? `The try of version ${driver.canary.version} ends: ${count(driver.canary.count, 'controller')} (${driver.canary.controllers}) go back to ${driver.version}.`
        : `All go back from version ${driver.version} to ${driver.former ?? 'the one before'}: ${all}.`;
    case 'remove':
      return `Version ${change.version} is taken off the service. Nobody uses it now; to have it again it must be installed again.`;
  }
}

/** The request of a change. */
export function request(
  id: string,
  change: DriverChange,
  components: string,
): { method: 'POST' | 'DELETE'; path: string; body: Record<string, unknown> | undefined } {
  const path = `drivers/${encodeURIComponent(id)}`;
  switch (change.kind) {
    case 'promote':
      return { method: 'POST', path: `${path}/promote`, body: { version: change.version } };
    case 'upgrade':
      return {
        method: 'POST',
        path: `${path}/upgrade`,
        body: { version: change.version, components: components.split(/\s+/).filter((part) => part !== '') },
      };
    case 'rollback':
      return { method: 'POST', path: `${path}/rollback`, body: {} };
    case 'remove':
      return {
        method: 'DELETE',
        path: `${path}?version=${encodeURIComponent(change.version)}`,
        body: undefined,
      };
  }
}
