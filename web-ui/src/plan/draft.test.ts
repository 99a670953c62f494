import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Draft } from './draft.svelte';
import { group, plan } from './sample';

/** Requests that were made, and what the next ones are answered with. */
const sent: { path: string; body: Record<string, unknown>; key: string }[] = [];
let answers: { status: number; body: unknown }[] = [];

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal('document', { baseURI: 'http://localhost/ui/' });
  vi.stubGlobal(
    'fetch',
    (address: string, { body, headers }: { body: string; headers: Record<string, string> }) => {
      sent.push({
        path: new URL(address).pathname,
        body: JSON.parse(body) as Record<string, unknown>,
        key: headers['idempotency-key'] ?? '',
      });
      const answer = answers.shift();
      if (answer === undefined) return Promise.reject(new TypeError('no network'));
      return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status }));
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const MADE = { status: 201, body: plan([group('act', ['x0c0s0b0n0'])], { expect: 1 }) };
const problem = (status: number, code: string) => ({
  status,
  body: { type: `urn:switchyard:problem:${code}`, title: 'no', status, code, detail: 'it is not so' },
});

describe('a plan on its way', () => {
  it('is asked for with the filter itself, and leaves out what is as usual', async () => {
    answers = [MADE];
    const draft = new Draft({ operation: 'off', filter: 'power:on' });
    await draft.make();
    expect(draft.state).toBe('ready');
    expect(sent[0]).toMatchObject({ path: '/v2/plans' });
    expect(sent[0]?.body).toEqual({
      operation: 'off',
      filter: 'power:on',
      ifBusy: 'queue',
      onRefused: 'reject',
      include: 'none',
      force: false,
    });
  });

  it('is made anew when something else is chosen', async () => {
    answers = [MADE, MADE];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    await draft.make();
    draft.choose({ deadline: '7', maxFailures: '5%', onRefused: 'skip' });
    await vi.waitFor(() => {
      expect(draft.state).toBe('ready');
    });
    expect(sent[1]?.body).toMatchObject({ deadlineMinutes: 7, maxFailures: '5%', onRefused: 'skip' });
  });

  it('is made of what is left when some are left out, and of all again', async () => {
    answers = [MADE, MADE, MADE];
    const draft = new Draft({ operation: 'off', filter: 'power:on' });
    await draft.make();
    for (const only of [['x0c0s[0-3]b0n0'], null]) {
      draft.choose({ only });
      await vi.waitFor(() => {
        expect(draft.state).toBe('ready');
      });
    }
    expect(sent[1]?.body).toMatchObject({ components: ['x0c0s[0-3]b0n0'] });
    expect(sent[1]?.body).not.toHaveProperty('filter');
    expect(sent[2]?.body).toMatchObject({ filter: 'power:on' });
  });

  it('is executed as it was confirmed', async () => {
    answers = [MADE, { status: 202, body: { id: 't1' } }];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    await draft.make();
    expect(await draft.execute('CHG0012')).toBe('t1');
    expect(sent[1]).toMatchObject({
      path: '/v2/transitions',
      body: { plan: 'p1', expect: 1, confirm: true, reason: 'CHG0012' },
    });
  });

  it('that may have arrived is sent again with the same key', async () => {
    answers = [MADE];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    await draft.make();
    expect(await draft.execute('')).toBeNull();
    expect(draft.trouble?.next).toBe('again');
    answers = [{ status: 202, body: { id: 't1' } }];
    expect(await draft.execute('')).toBe('t1');
    expect(sent[1]?.key).not.toBe('');
    expect(sent[2]?.key).toBe(sent[1]?.key);
  });

  it.each([
    [409, 'plan.expired', 'anew'],
    [409, 'plan.changed', 'anew'],
    [422, 'plan.expect-mismatch', 'anew'],
    [409, 'plan.executed', 'look'],
    [403, 'access.forbidden', 'nothing'],
    [503, 'service.overloaded', 'again'],
  ])('refused with %i %s leads on by: %s', async (status, code, next) => {
    answers = [MADE, problem(status, code)];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    await draft.make();
    expect(await draft.execute('')).toBeNull();
    expect(draft.trouble).toMatchObject({ next, problem: { code } });
  });

  it('that cannot be made says whether trying again helps', async () => {
    answers = [problem(422, 'filter.invalid')];
    const draft = new Draft({ operation: 'off', filter: 'power:warm' });
    await draft.make();
    expect(draft.plan).toBeNull();
    expect(draft.trouble).toMatchObject({ next: 'nothing', problem: { code: 'filter.invalid' } });
    answers = [];
    await draft.make();
    expect(draft.trouble?.next).toBe('anew');
  });

  it('that cannot be made with a choice keeps the one before, so that the choice can be taken back', async () => {
    answers = [MADE, problem(422, 'request.out-of-range'), MADE];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    await draft.make();
    draft.choose({ deadline: '100000' });
    await vi.waitFor(() => {
      expect(draft.state).toBe('ready');
    });
    expect(draft.plan).not.toBeNull();
    expect(draft.trouble?.problem.code).toBe('request.out-of-range');
    draft.choose({ deadline: '' });
    await vi.waitFor(() => {
      expect(draft.state).toBe('ready');
    });
    expect(draft.trouble).toBeNull();
  });

  it('grows old', async () => {
    answers = [MADE];
    const draft = new Draft({ operation: 'off', components: ['x0c0s0b0n0'] });
    expect(draft.expired(Date.now() + 700_000)).toBe(false);
    await draft.make();
    expect(draft.expired(Date.now())).toBe(false);
    expect(draft.expired(Date.now() + 601_000)).toBe(true);
  });
});

it('what is left out as failing is found anew for other relatives, force or operation', async () => {
  const draft = new Draft({ operation: 'soft-off', filter: 'power:on' });
  const left = { components: ['x0c0s[0-3]b0n0'], include: 'none' };
  const all = { filter: 'power:on' };
  const asked = async (choose: () => void) => {
    answers = [MADE];
    choose();
    await vi.waitFor(() => {
      expect(draft.state).toBe('ready');
    });
    return sent.at(-1)?.body;
  };
  const leave = () => {
    draft.choose({ only: ['x0c0s[0-3]b0n0'] });
  };
  await asked(() => {
    draft.choose({ include: 'children' });
  });
  for (const change of [
    () => {
      draft.choose({ include: 'parents' });
    },
    () => {
      draft.choose({ force: true });
    },
    () => {
      draft.perform('off');
    },
  ]) {
    expect(await asked(leave)).toMatchObject(left);
    const anew = await asked(change);
    expect(anew).toMatchObject(all);
    expect(anew).not.toHaveProperty('components');
  }
});
