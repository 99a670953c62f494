import { describe, expect, it } from 'vitest';
import type { Member } from '../api/types';
import { leaves, sentences } from './leaves';

const member = (name: string, changes: Partial<Member>): Member => ({
  name,
  component: name,
  standing: 'in-progress',
  description: '',
  via: 'own',
  ...changes,
});

describe('what a cancel leaves', () => {
  const found = leaves(
    [
      member('a', { phase: 'queued', attempts: 0 }),
      member('b', { phase: 'held', attempts: 0, via: 'joined' }),
      member('c', { phase: 'verifying', attempts: 1 }),
      member('d', { phase: 'intent', attempts: 0 }),
      member('e', { phase: 'backoff', attempts: 2 }),
      member('f', { phase: 'preparing', attempts: 0 }),
      member('g', { phase: 'done', outcome: 'verified' }),
      member('h', { outcome: 'refused' }),
    ],
    {
      wasSent: (component) => component === 'f',
      sharers: (component) => new Set(component === 'c' ? ['t'] : []),
    },
  );

  it('tells what was sent from what was not', () => {
    expect(found).toEqual({ unsent: ['a', 'b'], sent: ['c', 'd'], between: ['e', 'f'], ended: 2, shared: 2 });
  });

  it('is told in sentences', () => {
    expect(sentences(found, 'off')).toEqual([
      '2 components have not been sent anything and will be cancelled.',
      '2 were sent already and cannot be unsent: what the controllers accepted happens.',
      '2 are between two tries: the next one is not made.',
      '2 of these share their task with another request, and go on for that one.',
      '2 are done and stay as they are.',
    ]);
  });

  it('says that a restart may stand half way', () => {
    expect(sentences(found, 'hard-restart')[2]).toMatch('may stand half way, switched off');
    expect(sentences(leaves([], { wasSent: () => false, sharers: () => new Set() }), 'off')).toEqual([]);
  });
});
