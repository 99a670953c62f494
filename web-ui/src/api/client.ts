import { apiAddress } from '../address';
import { unauthorized } from './unauthorized';
import type { Component, FailureGroups, Problem, Session, Task, Transition } from './types';

/** How long an answer is waited for. */
const TIMEOUT_MS = 15_000;

/** A diagnosis asks a controller step by step, for which the service takes 30 seconds at most. */
const DIAGNOSIS_TIMEOUT_MS = 35_000;
const timeout = (path: string): number => (path.endsWith('/diagnose') ? DIAGNOSIS_TIMEOUT_MS : TIMEOUT_MS);

/** The service answered that it cannot do what was asked. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get unauthorized(): boolean {
    return this.problem.status === 401;
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

export const getSession = (signal: AbortSignal) => get<Session>('session', signal);

/** Logs in with a token; the browser keeps the session in a cookie that no script can read. */
export const openSession = (token: string, signal: AbortSignal) =>
  send<Session>('POST', 'session', signal, JSON.stringify({ token }));

export const closeSession = (signal: AbortSignal) => send<null>('DELETE', 'session', signal);

/** Reads something of version 2 of the API: the path is what stands behind `/v2/`. */
export const get = <T>(path: string, signal: AbortSignal) => send<T>('GET', path, signal);

/** Changes something, once: the same key is sent again when the caller tries the same again. */
export const change = <T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  { signal, key = newKey() }: { signal: AbortSignal; key?: string },
) => send<T>(method, path, signal, body === undefined ? undefined : JSON.stringify(body), key);

/** A new idempotency key. `randomUUID` is only there where the page came over TLS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function send<T>(
  method: string,
  path: string,
  signal: AbortSignal,
  sent?: string,
  key?: string,
): Promise<T> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(apiAddress(path), {
      method,
      body: sent ?? null,
      headers: {
        accept: 'application/json',
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout(path))]),
    });
    body = response.status === 204 ? null : await response.json();
  } catch (cause) {
    signal.throwIfAborted();
    throw new Unreachable('the service does not answer', { cause });
  }
  if (response.ok) return body as T;
  if (isProblem(body)) {
    const refused = new Refused(body);
    if (refused.unauthorized) unauthorized();
    throw refused;
  }
  throw new Unreachable(`something else than the service answered, with status ${response.status}`);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
