import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { announce, announceFailure, onAnnouncement, type Announcement } from './announce';
import { joined, pageAddress } from './pages';
import { Pages } from './pages.svelte';
import { setParts } from './set';
import { Throttle } from './throttle';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('many signs are few calls, and the last sign is not lost', () => {
  let calls = 0;
  const throttle = new Throttle(() => (calls += 1), 2_000);
  for (let sign = 0; sign < 50; sign += 1) throttle.sign();
  expect(calls).toBe(1);
  vi.advanceTimersByTime(2_000);
  expect(calls).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(2);
  throttle.sign();
  throttle.sign();
  throttle.close();
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(3);
});

it('a set is divided by the commas outside of brackets', () => {
  expect(setParts('x0c0s0b0n[0-1,3], x1,')).toEqual(['x0c0s0b0n[0-1,3]', 'x1']);
  expect(setParts('')).toEqual([]);
});

it('everybody who listens hears what is announced, until they end', () => {
  const heard: Announcement[] = [];
  const end = onAnnouncement((one) => heard.push(one));
  announce('done');
  announceFailure(new Error('it is refused'));
  end();
  announce('later');
  expect(heard).toEqual([
    { text: 'done', failed: false },
    { text: 'it is refused', failed: true },
  ]);
});

/** Pages of two of a list that grows at its front. */
function pagesOfTwo(all: () => readonly string[]): Pages<string> {
  const read = (_of: string, cursor: string | null) => {
    const from = cursor === null ? 0 : all().indexOf(cursor) + 1;
    const items = all().slice(from, from + 2);
    return Promise.resolve({ items, next: from + 2 < all().length ? (items.at(-1) ?? null) : null });
  };
  return new Pages<string>({ of: () => '', read, key: (item) => item });
}

async function readAgain(pages: Pages<string>) {
  pages.newest.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
}

it('pages follow each other without a hole and without a double', async () => {
  let all = ['e', 'd', 'c', 'b', 'a'];
  const pages = pagesOfTwo(() => all);
  await readAgain(pages);
  expect([pages.items, pages.next]).toEqual([['e', 'd'], 'd']);
  await pages.loadMore();
  expect([pages.items, pages.next]).toEqual([['e', 'd', 'c', 'b'], 'b']);
  all = ['f', ...all];
  await readAgain(pages);
  expect(pages.items).toEqual(['f', 'e', 'd', 'c', 'b']);
  await pages.loadMore();
  expect([pages.items, pages.next]).toEqual([['f', 'e', 'd', 'c', 'b', 'a'], null]);
  pages.close();
});

it('what moves out of the newest page after more was loaded stays', async () => {
  let all = ['d', 'c', 'b', 'a'];
  const pages = pagesOfTwo(() => all);
  await readAgain(pages);
  await pages.loadMore();
  for (const one of ['e', 'f', 'g', 'h', 'i']) {
    all = [one, ...all];
    await readAgain(pages);
  }
  expect([pages.items, pages.next]).toEqual([['i', 'h', 'g', 'f', 'e', 'd', 'c', 'b', 'a'], null]);
  // What is gone from the newest page does not come back behind it.
  all = all.filter((one) => one !== 'h');
  await readAgain(pages);
  expect(pages.items).toEqual(['i', 'g', 'f', 'e', 'd', 'c', 'b', 'a']);
  pages.close();
});

it('more than a page of new things begins the list anew, without a hole', async () => {
  let all = ['d', 'c', 'b', 'a'];
  const pages = pagesOfTwo(() => all);
  await readAgain(pages);
  await pages.loadMore();
  all = ['g', 'f', 'e', ...all];
  await readAgain(pages);
  expect([pages.items, pages.next]).toEqual([['g', 'f'], 'f']);
  await pages.loadMore();
  expect([pages.items, pages.next]).toEqual([['g', 'f', 'e', 'd'], 'd']);
  pages.close();
});

it('what moves out of the newest page while more is loaded stays', async () => {
  let all = ['d', 'c', 'b', 'a'];
  let answer: () => void = () => undefined;
  const pages = new Pages<string>({
    of: () => '',
    read: async (_of, cursor) => {
      if (cursor !== null) await new Promise<void>((done) => (answer = done));
      return cursor === null
        ? { items: all.slice(0, 2), next: all[1] ?? null }
        : { items: ['b', 'a'], next: null };
    },
    key: (item) => item,
  });
  await readAgain(pages);
  const more = pages.loadMore();
  all = ['e', ...all];
  await readAgain(pages);
  answer();
  await more;
  expect([pages.items, pages.next]).toEqual([['e', 'd', 'c', 'b', 'a'], null]);
  pages.close();
});

it('addresses of pages are whole', () => {
  expect(pageAddress('audit', 'who=a', 100, null)).toBe('audit?who=a&limit=100');
  expect(pageAddress('audit', '', 100, '7')).toBe('audit?limit=100&cursor=7');
  expect(joined([1], [], String)).toEqual([1]);
});
