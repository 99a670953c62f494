// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { snapshot } from '../fleet/sample';
import { Live } from './live.svelte';

const SNAPSHOT = `event: snapshot\ndata: ${snapshot(['a'])}\n\n`;

describe('the stream of this tab', () => {
  let say: (text: string) => void;
  let hidden: boolean;
  let live: Live;
  let end: () => void;

  const settle = () => vi.advanceTimersByTimeAsync(0);
  const hear = async (text: string) => {
    say(text);
    await settle();
  };
  const look = async (away: boolean) => {
    hidden = away;
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
  };
  const standing = () => [live.word, live.age, live.stale];

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    hidden = false;
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          say = (text) => {
            controller.enqueue(new TextEncoder().encode(text));
          };
          signal?.addEventListener('abort', () => {
            controller.error(new DOMException('aborted', 'AbortError'));
          });
        },
      });
      return Promise.resolve(new Response(body));
    });
    live = new Live();
    end = live.start();
    await settle();
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('is fresh for as long as the service says that all is as it was', async () => {
    expect(standing()).toEqual(['connecting', null, true]);
    await hear(SNAPSHOT);
    expect(standing()).toEqual(['live', 0, false]);
    for (let beat = 0; beat < 4; beat += 1) {
      await vi.advanceTimersByTimeAsync(15_000);
      expect(standing()).toEqual(['live', 15_000, false]);
      await hear(': still here\n\n');
    }
    expect(standing()).toEqual(['live', 0, false]);
  });

  it('is not fresh when nothing was heard, as after the machine slept', async () => {
    await hear(SNAPSHOT);
    vi.setSystemTime(1_000_000 + 3_600_000);
    expect(standing()).toEqual(['silent', 3_600_000, true]);
  });

  it('is not fresh in a tab that is looked at again, until its snapshot has come', async () => {
    await hear(SNAPSHOT);
    await look(true);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await look(false);
    expect(live.status.kind).toBe('live');
    await hear(': hello\n\n');
    expect(standing()).toEqual(['connecting', 3_600_000, true]);
    await hear(SNAPSHOT);
    expect(standing()).toEqual(['live', 0, false]);
  });

  it('says how old the picture is that is held still', async () => {
    await hear(SNAPSHOT);
    live.pause();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(standing()).toEqual(['paused', 5_000, true]);
  });
});
