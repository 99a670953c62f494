import { describe, expect, it } from 'vitest';
import { operationWords, OPERATIONS } from './operations';
import { group, plan } from './sample';
import {
  acting,
  countedNames,
  failing,
  guarded,
  leftOut,
  takesTyping,
  withoutFailing,
  wordOf,
} from './verdicts';

const nodes = (count: number) => Array.from({ length: count }, (_, slot) => `x1000c0s${slot}b0n0`);

describe('a plan', () => {
  it('is counted by what would happen', () => {
    const made = plan([
      group('act', nodes(3)),
      group('already', ['a']),
      group('held', ['b', 'c'], 'component.on-hold'),
      group('refused', ['d'], 'component.protected'),
      group('unsupported', ['e']),
    ]);
    expect([acting(made), leftOut(made), guarded(made)]).toEqual([3, 4, 1]);
  });

  it('tells what is locked, has no driver or no answer from what would fail otherwise', () => {
    const words = [
      group('act', ['a']),
      group('act', ['b'], 'endpoint.breaker-open'),
      group('blocked', ['c'], 'smd.locked'),
      group('blocked', ['d'], 'driver.missing'),
      group('blocked', ['e'], 'task.wrong-state'),
    ].map((found) => wordOf(found).text);
    expect(words).toEqual(['will act', 'no answer', 'locked', 'no driver', 'would fail']);
  });

  it('can be made of what would not fail', () => {
    const made = plan([
      group('act', ['a', 'b']),
      group('already', ['c']),
      group('blocked', ['d'], 'smd.locked'),
      group('held', ['e'], 'component.on-hold'),
    ]);
    expect([failing(made), withoutFailing(made)]).toEqual([1, ['a,b', 'c', 'e']]);
  });

  it.each([
    [[group('act', nodes(1))], '1 node'],
    [[group('act', nodes(8)), group('refused', ['x1000c0s0b0'])], '8 nodes'],
    [[group('act', ['x1000c0', 'x1000c0s0b0n0'])], '2 components'],
    [[group('already', nodes(2))], '0 components'],
  ])('names what acts', (groups, expected) => {
    expect(countedNames(plan(groups))).toBe(expected);
  });

  it.each([
    ['off', 64, false, false],
    ['off', 65, false, true],
    ['on', 65, false, false],
    ['on', 65, true, true],
    ['off', 0, true, false],
  ])('to %s %i, confirmation %s, takes typing: %s', (operation, count, needsConfirmation, expected) => {
    const groups = count === 0 ? [] : [group('act', nodes(count))];
    expect(takesTyping(plan(groups, { operation, needsConfirmation }), 64)).toBe(expected);
  });
});

it('an operation that a newer service knows is taken for one that ends work', () => {
  expect(operationWords('hibernate')).toMatchObject({ verb: 'hibernate', endsWork: true });
  expect(OPERATIONS.filter(({ endsWork }) => !endsWork).map(({ name }) => name)).toEqual(['on']);
});
