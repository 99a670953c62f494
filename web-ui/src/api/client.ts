import { apiAddress } from '../address';
import type { Component, FailureGroups, Problem, Task, Transition } from './types';

/** How long an answer is waited for. */
const TIMEOUT_MS = 15_000;

/** The service answered that it cannot do what was asked. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get notFound(): boolean {
    return this.problem.status === 404;
  }
}

/** The service did not answer, or not as itself. */
export class Unreachable extends Error {}

export const getTransition = (id: string, signal: AbortSignal) =>
  get<Transition>(`transitions/${encodeURIComponent(id)}`, signal);

export const getFailures = (id: string, signal: AbortSignal) =>
  get<FailureGroups>(`transitions/${encodeURIComponent(id)}/failures`, signal);

export const getComponent = (id: string, signal: AbortSignal) =>
  get<Component>(`components/${encodeURIComponent(id)}`, signal);

export const getTask = (id: string, signal: AbortSignal) =>
  get<Task>(`tasks/${encodeURIComponent(id)}`, signal);

async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(apiAddress(path), {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    body = await response.json();
  } catch (cause) {
    signal.throwIfAborted();
    throw new Unreachable('the service does not answer', { cause });
  }
  if (response.ok) return body as T;
  if (isProblem(body)) throw new Refused(body);
  throw new Unreachable(`something else than the service answered, with status ${response.status}`);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
