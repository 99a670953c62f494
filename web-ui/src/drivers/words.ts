import type { Word } from '../words';
import type { Driver, DriverVersion } from './types';

const ROLES: Readonly<Record<string, Word>> = {
  standard: { text: 'for all', glyph: 'check', tone: 'good' },
  canary: { text: 'tried by some', glyph: 'about', tone: 'waiting' },
  idle: { text: 'not used', glyph: 'ring', tone: 'quiet' },
};

const PROVENANCES: Readonly<Record<string, Word>> = {
  embedded: { text: 'part of the service', glyph: 'check', tone: 'good' },
  signed: { text: 'signed', glyph: 'check', tone: 'good' },
  unsigned: { text: 'unsigned', glyph: 'alert', tone: 'bad' },
};

const unknown = (text: string): Word => ({ text, glyph: 'question', tone: 'quiet' });

export const role = ({ role }: DriverVersion): Word => ROLES[role] ?? unknown(role);
export const provenance = ({ provenance }: DriverVersion): Word =>
  PROVENANCES[provenance] ?? unknown(provenance);

/** A size in its largest unit, such as `16 MiB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const place = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** place;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[place] ?? ''}`;
}

/** The interfaces of Switchyard without their package, such as `power@0.1.1`; those that every component has are left out. */
export const interfaces = (names: readonly string[]): string[] =>
  names
    .filter((name) => name.startsWith('switchyard:'))
    .map((name) => name.replace(/^switchyard:driver\//, ''));

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** The calls of all versions of a driver. */
export function calls({ versions }: Driver): {
  ended: number;
  failed: number;
  stopped: number;
  refused: number;
} {
  const sum = (of: (version: DriverVersion) => number) =>
    versions.reduce((total, version) => total + of(version), 0);
  return {
    ended: sum(({ calls }) => calls.ended),
    failed: sum(({ calls }) => calls.failed),
    stopped: sum(({ calls }) => calls.stopped),
    refused: sum(({ calls }) => calls.refused),
  };
}

/** The version that every controller uses which is not in the canary. */
export const standardOf = (driver: Driver): DriverVersion | undefined =>
  driver.versions.find(({ version }) => version === driver.version);

/** Drivers that speak to most controllers first, then by name. */
export const inOrder = (drivers: readonly Driver[]): Driver[] =>
  [...drivers].sort((a, b) => b.controllers - a.controllers || a.id.localeCompare(b.id));
