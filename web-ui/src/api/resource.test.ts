import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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
