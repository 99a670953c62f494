import { expect, it } from 'vitest';
import { readFolded } from './folded';

it.each([
  ['x1000c0s[0-7]b0n0,login1', ['x1000c0s7b0n0', 'login1'], ['x1000c0s8b0n0', 'login', 'login2']],
  ['x[1000,1002]c0s[0,3-4]b0n0', ['x1000c0s4b0n0', 'x1002c0s0b0n0'], ['x1001c0s0b0n0', 'x1000c0s1b0n0']],
  ['', [], ['x0']],
])('the set %s stands for %j and not for %j', (folded, inside, outside) => {
  const has = readFolded(folded);
  expect(inside.filter(has)).toEqual(inside);
  expect(outside.filter(has)).toEqual([]);
});
