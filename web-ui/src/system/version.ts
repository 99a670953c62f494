import { apiRoot } from '../address';

/** The version that the metrics name. */
export function readVersion(metrics: string): string | null {
  return /^switchyard_build_info\{[^}]*version="([^"]+)"/m.exec(metrics)?.[1] ?? null;
}

/** The version that the session tells, as newer services do. */
export const sessionVersion = (who: object | null): string | null =>
  who !== null && 'version' in who && typeof who.version === 'string' ? who.version : null;

/** Asks the running service for its version; null where it does not tell. */
export async function getVersion(signal: AbortSignal): Promise<string | null> {
  const answer = await fetch(`${apiRoot()}metrics`, { signal });
  return answer.ok ? readVersion(await answer.text()) : null;
}
