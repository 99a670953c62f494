import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type Status } from './connection';

/** A service that answers one request after the other as it is told. */
class Service {
  readonly requests: Request[] = [];
  #body: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The status of the answers; 0 for no answer at all. */
  status = 200;

  readonly fetch = (address: string, init: RequestInit): Promise<Response> => {
    this.requests.push(new Request(address, init));
    if (this.status === 0) return Promise.reject(new TypeError('network'));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
        init.signal?.addEventListener('abort', () => {
          controller.error(new DOMException('aborted', 'AbortError'));
        });
      },
    });
    return Promise.resolve(new Response(body, { status: this.status }));
  };

  say(text: string) {
    this.#body?.enqueue(new TextEncoder().encode(text));
  }

  hangUp() {
    this.#body?.close();
  }
}

describe('a connection', () => {
  let service: Service;
  let statuses: Status[];
  let received: string[];
  let heard: number;
  let refuse: boolean;

  const connect = (resume = false) => {
    const connection = new Connection({
      address: 'http://service/v2/fleet/stream',
      received: (event) => {
        if (refuse) throw new Error('a frame is not JSON');
        received.push(event.data);
      },
      changed: (status) => statuses.push(status),
      heard: () => (heard += 1),
      resume,
    });
    connection.start();
    return connection;
  };
  const settle = () => vi.advanceTimersByTimeAsync(0);
  const last = () => statuses.at(-1);

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    service = new Service();
    statuses = [];
    received = [];
    heard = 0;
    refuse = false;
    vi.stubGlobal('fetch', service.fetch);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('is live once the service answers', async () => {
    connect();
    await settle();
    service.say('data: 1\n\n');
    await settle();
    expect(statuses).toEqual([{ kind: 'connecting' }, { kind: 'live' }]);
    expect(received).toEqual(['1']);
  });

  it('comes back by itself and says since when it was away', async () => {
    connect();
    await settle();
    service.hangUp();
    service.status = 0;
    await settle();
    expect(last()).toEqual({ kind: 'offline', since: 1_000_000, why: 'the service does not answer' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(last()).toMatchObject({ kind: 'offline', since: 1_000_000 });
    service.status = 200;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(last()).toEqual({ kind: 'live' });
  });

  it('goes on after an answer that is none of the service', async () => {
    service.status = 502;
    connect();
    await settle();
    expect(last()).toMatchObject({ kind: 'offline', why: 'the service answered with status 502' });
    service.status = 200;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(last()).toEqual({ kind: 'live' });
  });

  it('notices a service that says nothing any more', async () => {
    connect();
    await settle();
    for (let quarter = 0; quarter < 4; quarter += 1) {
      await vi.advanceTimersByTimeAsync(15_000);
      service.say(': still here\n\n');
      await settle();
    }
    expect(last()).toEqual({ kind: 'live' });
    await vi.advanceTimersByTimeAsync(40_000);
    expect(last()).toMatchObject({ kind: 'offline', why: 'the service was silent for 40 s' });
  });

  it('tells of everything that is heard, also of what is no event', async () => {
    connect();
    await settle();
    expect(heard).toBe(0);
    service.say(': still here\n\n');
    await settle();
    service.say('data: the first half');
    await settle();
    expect([heard, received]).toEqual([2, []]);
  });

  it('begins anew after a frame that it does not understand', async () => {
    refuse = true;
    connect();
    await settle();
    service.say('data: 1\n\n');
    await settle();
    expect(last()).toMatchObject({ kind: 'offline', why: 'a frame is not JSON' });
    refuse = false;
    await vi.advanceTimersByTimeAsync(1_000);
    service.say('data: 2\n\n');
    await settle();
    expect(received).toEqual(['2']);
  });

  it('goes on behind the last event where that is asked for', async () => {
    connect(true);
    await settle();
    service.say('id: 7\ndata: 1\n\n');
    await settle();
    service.hangUp();
    await vi.advanceTimersByTimeAsync(1_000);
    service.say('id: 9\n:\n\n');
    await settle();
    service.hangUp();
    await vi.advanceTimersByTimeAsync(2_000);
    const places = service.requests.map((request) => request.headers.get('last-event-id'));
    expect(places).toEqual([null, '7', '9']);
  });

  it('stays closed when it is stopped', async () => {
    const connection = connect();
    await settle();
    connection.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.requests).toHaveLength(1);
    expect(last()).toEqual({ kind: 'live' });
  });
});
