import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from './client';
import { Resource } from './resource.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('many signs at once are one more reading', async () => {
  let readings = 0;
  const resource = new Resource(() => Promise.resolve((readings += 1)));
  for (let sign = 0; sign < 100; sign += 1) resource.refresh();
  await vi.advanceTimersByTimeAsync(0);
  expect(resource.value).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(resource.value).toBe(2);
});

it('what took long is read less often', async () => {
  let readings = 0;
  const resource = new Resource(async () => {
    await new Promise((done) => setTimeout(done, 2_000));
    return (readings += 1);
  });
  const signs = setInterval(() => {
    resource.refresh();
  }, 50);
  await vi.advanceTimersByTimeAsync(24_500);
  clearInterval(signs);
  expect(readings).toBe(3);
});

it('a failure keeps what was read before', async () => {
  let broken = false;
  const resource = new Resource(() =>
    broken ? Promise.reject(new Error('the service does not answer')) : Promise.resolve('good'),
  );
  resource.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  broken = true;
  resource.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([resource.value, resource.error?.message]).toEqual(['good', 'the service does not answer']);
  broken = false;
  resource.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(resource.error).toBeNull();
});

it('nothing comes after the end', async () => {
  let answer: (value: string) => void = () => undefined;
  const resource = new Resource(() => new Promise<string>((done) => (answer = done)));
  resource.refresh();
  resource.close();
  answer('late');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(resource.value).toBeNull();
});

describe('a list that is narrowed', () => {
  const refusal = (status: number) =>
    new Refused({ type: '', title: '', code: 'filter.invalid', detail: 'no such word', status });

  /** A list whose filter `bad` is answered with a status, and how often it was asked. */
  function narrowed(status: number) {
    const asked = { of: 'good', readings: 0 };
    const resource = new Resource(
      () => {
        asked.readings += 1;
        return asked.of === 'good' ? Promise.resolve('rows') : Promise.reject(refusal(status));
      },
      () => asked.of,
    );
    const read = async (of: string) => {
      asked.of = of;
      resource.refresh();
      await vi.advanceTimersByTimeAsync(1_000);
    };
    return { asked, resource, read };
  }

  it('does not show the rows of one filter for another that is refused', async () => {
    const { resource, read } = narrowed(422);
    await read('good');
    expect(resource.isOfAnother).toBe(false);
    await read('bad');
    expect([resource.value, resource.isOfAnother, resource.isRefused]).toEqual(['rows', true, true]);
    await read('good');
    expect([resource.error, resource.isOfAnother, resource.isRefused]).toEqual([null, false, false]);
  });

  it('asks once for what is refused, until somebody asks again or for something else', async () => {
    const { asked, resource, read } = narrowed(422);
    for (let sign = 0; sign < 5; sign += 1) await read('bad');
    expect(asked.readings).toBe(1);
    resource.retry();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked.readings).toBe(2);
    await read('good');
    await read('bad');
    expect(asked.readings).toBe(4);
  });

  it('is not asked what is wanted once its view is gone', async () => {
    let asked = 0;
    const of = () => String((asked += 1));
    const resource = new Resource(() => Promise.resolve('rows'), of);
    resource.refresh();
    resource.refresh();
    await vi.advanceTimersByTimeAsync(0);
    resource.close();
    const before = asked;
    await vi.advanceTimersByTimeAsync(10_000);
    resource.refresh();
    expect(asked).toBe(before);
  });

  it.each([401, 408, 429, 503])('asks again by itself after %d', async (status) => {
    const { asked, read } = narrowed(status);
    for (let sign = 0; sign < 3; sign += 1) await read('bad');
    expect(asked.readings).toBe(3);
  });
});

describe('while something else is being read', () => {
  /** A list that takes a second to answer, and refuses the filter `bad`. */
  function slow() {
    const asked = { of: 'bad', readings: 0 };
    const resource = new Resource(
      async () => {
        const { of } = asked;
        asked.readings += 1;
        await new Promise((done) => setTimeout(done, 1_000));
        if (of === 'bad')
          throw new Refused({ type: '', title: '', code: 'filter.invalid', detail: 'no', status: 400 });
        return of;
      },
      () => asked.of,
    );
    return { asked, resource };
  }

  it('going back to what was refused shows the refusal and not the other rows', async () => {
    const { asked, resource } = slow();
    resource.refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    asked.of = 'good';
    resource.refresh();
    await vi.advanceTimersByTimeAsync(500);
    asked.of = 'bad';
    resource.refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(resource.error?.message).toBe('no');
  });

  it('a retry that is wanted in the pause after a refusal is made', async () => {
    const { asked, resource } = slow();
    resource.refresh();
    await vi.advanceTimersByTimeAsync(1_500);
    resource.retry();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.readings).toBe(2);
  });
});
