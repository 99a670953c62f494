import { describe, expect, it } from 'vitest';
import type { Attempt, Task } from '../api/types';
import { leftBy } from './cancel';
import { fate, proofWords } from './proof';

const attempt = (changes: Partial<Attempt>): Attempt => ({
  permit: 'p',
  primitive: 'graceful-shutdown',
  intentAt: '2026-01-02T03:04:05Z',
  step: 0,
  ...changes,
});
const asked = (requestedBy: string) => ({
  requestedBy,
  operation: 'off',
  transition: 't',
  createdAt: '2026-01-02T03:04:05Z',
});

describe('what cancelling a task leaves', () => {
  it('is nothing while nothing was sent', () => {
    const attempts = [attempt({ delivery: 'not-sent' })];
    expect(leftBy({ attempts, operation: 'off', requests: [asked('alice')] }, 'alice')).toEqual([
      'Nothing was sent for it: it is as if it had not been asked for.',
    ]);
  });

  it('is what was sent, also when nobody knows whether it came', () => {
    const attempts = [
      attempt({ delivery: 'maybe-sent' }),
      attempt({ primitive: 'on', delivery: 'not-sent' }),
    ];
    expect(leftBy({ attempts, operation: 'off' }, null)[0]).toMatch(
      /^graceful-shutdown was sent at .* cannot be unsent/,
    );
  });

  it('names everybody else for whom it ends, once', () => {
    const requests = [asked('alice'), asked('bob'), asked('carol'), asked('bob')];
    expect(leftBy({ attempts: [], operation: 'off', requests }, 'alice')[1]).toBe('It ends for bob, carol.');
  });
});

describe('the words of proof and sending', () => {
  it('tell what was read', () => {
    const proof: Task['proof'] = { kind: 'reading', at: 'then', state: 'off', raw: 'Off', evidence: [] };
    expect(proofWords({ proof })).toBe('a reading of then shows off (in the words of the controller: Off)');
    expect(proofWords({ proof: null })).toBeNull();
  });

  it('keep sent and answered apart', () => {
    const told = [fate({ delivery: 'answered', status: 204 }), fate({ delivery: 'maybe-sent' }), fate({})];
    expect(told).toEqual(['answered 204', 'maybe sent', 'on its way']);
  });
});
