import { expect, it } from 'vitest';
import { canRollBack, changesOf, consequence, request } from './changes';
import type { Driver, DriverVersion } from './types';
import { inOrder, interfaces, size } from './words';

const version = (version: string, role: string, source = 'installed') =>
  ({ version, role, source }) as DriverVersion;

const DRIVER = {
  id: 'acme',
  version: '1.0.0',
  controllers: 64,
  canary: { version: '1.1.0', count: 4, controllers: 'x0c0s[0-3]b0' },
  versions: [],
} as unknown as Driver;

it('what can be done depends on the role of a version', () => {
  const kinds = (one: DriverVersion) => changesOf(DRIVER, one).map(({ kind }) => kind);
  expect(kinds(version('1.0.0', 'standard'))).toEqual([]);
  expect(kinds(version('1.1.0', 'canary'))).toEqual(['promote', 'upgrade']);
  expect(kinds(version('0.9.0', 'idle'))).toEqual(['promote', 'upgrade', 'remove']);
  expect(kinds(version('0.9.0', 'idle', 'embedded'))).toEqual(['promote', 'upgrade']);
  expect(canRollBack(DRIVER)).toBe(true);
  expect(canRollBack({ ...DRIVER, canary: null })).toBe(false);
});

it('the question says what changes', () => {
  expect(consequence(DRIVER, { kind: 'promote', version: '1.1.0' })).toContain(
    '64 controllers, in place of 1.0.0',
  );
  expect(consequence(DRIVER, { kind: 'rollback' })).toContain(
    '4 controllers (x0c0s[0-3]b0) go back to 1.0.0',
  );
});

it('the request names the version', () => {
  expect(request('acme', { kind: 'upgrade', version: '1.1.0' }, ' @a  x0c0s0b0n0 ').body).toEqual({
    version: '1.1.0',
    components: ['@a', 'x0c0s0b0n0'],
  });
  expect(request('acme', { kind: 'remove', version: '0.9.0' }, '')).toEqual({
    method: 'DELETE',
    path: 'drivers/acme?version=0.9.0',
    body: undefined,
  });
});

it.each([
  [0, '0 bytes'],
  [16_777_216, '16 MiB'],
  [1_536, '1.5 KiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

it('interfaces of the system are left out, and what is used comes first', () => {
  expect(interfaces(['switchyard:driver/power@0.1.1', 'wasi:io/poll@0.2.6'])).toEqual(['power@0.1.1']);
  const drivers = [
    { id: 'b', controllers: 0 },
    { id: 'c', controllers: 9 },
    { id: 'a', controllers: 0 },
  ] as Driver[];
  expect(inOrder(drivers).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
});
