import { describe, expect, it } from 'vitest';
import type { Member } from '../api/types';
import { sentence, tally } from './tally';

const member = (changes: Partial<Member>): Member => ({
  name: 'x0',
  standing: 'in-progress',
  description: '',
  ...changes,
});

describe('the tally of a transition', () => {
  const parts = tally([
    member({ phase: 'queued' }),
    member({ phase: 'queued', paused: true }),
    member({ phase: 'verifying' }),
    member({ phase: 'done', outcome: 'failed' }),
    member({ phase: 'done', outcome: 'verified' }),
    member({ phase: 'done', outcome: 'verified' }),
    member({ outcome: 'refused' }),
    member({ phase: 'brooding' }),
  ]);

  it('tells what is proven first and what is furthest from it last', () => {
    expect(parts.map((part) => [part.name, part.count])).toEqual([
      ['verified', 2],
      ['failed', 1],
      ['refused', 1],
      ['verifying', 1],
      ['paused', 1],
      ['queued', 1],
      ['brooding', 1],
    ]);
  });

  it('is a sentence for those who do not see it', () => {
    expect(sentence(parts)).toBe(
      '2 of 8 verified, 1 failed, 1 refused, 1 verifying, 1 paused, 1 queued, 1 brooding',
    );
  });
});
