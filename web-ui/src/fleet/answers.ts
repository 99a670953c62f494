/** The words of a filter that only the service can answer, such as `role:Compute`. */
import { get } from '../api/client';

/** By word, the components for which it holds. */
export type Answered = ReadonlyMap<string, ReadonlySet<string>>;

export const NOTHING_ANSWERED: Answered = new Map();

/** What was answered to these words. */
export const only = (of: Answered, words: readonly string[]): Answered =>
  new Map([...of].filter(([word]) => words.includes(word)));

/** How many pages of components are read for one word. */
const PAGES_MAX = 20;

interface Page {
  readonly components: readonly { readonly id: string }[];
  readonly next?: string | null;
}

export async function answer(before: Answered, word: string, signal: AbortSignal): Promise<Answered> {
  const ids = new Set<string>();
  let cursor: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query = new URLSearchParams({ filter: word, ...(cursor === null ? {} : { cursor }) });
    const page: Page = await get<Page>(`components?${query.toString()}`, signal);
    for (const { id } of page.components) ids.add(id);
    cursor = page.next ?? null;
    if (cursor === null) return new Map([...before, [word, ids]]);
  }
  throw new Error(`more than ${PAGES_MAX} pages of components answer to it`);
}
