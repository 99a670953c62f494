import { expect, it } from 'vitest';
import { apiAddress } from './address';
import { componentLink, fleetLink, listLink, parseRoute, systemLink, transitionLink } from './route';

it.each([
  [fleetLink('power:off c3*'), { view: 'fleet', filter: 'power:off c3*' }],
  [fleetLink(), { view: 'fleet', filter: '' }],
  ['', { view: 'fleet', filter: '' }],
  [transitionLink('a/b'), { view: 'transition', id: 'a/b' }],
  [componentLink('pdu outlet'), { view: 'component', id: 'pdu outlet' }],
  [listLink('transitions', { by: 'a b', status: '' }), { view: 'transitions', query: { by: 'a b' } }],
  [systemLink(), { view: 'system' }],
  ['#/drivers/ipmi', { view: 'driver', id: 'ipmi' }],
  ['#/endpoints/', { view: 'unknown', path: 'endpoints/' }],
  ['#/nowhere', { view: 'unknown', path: 'nowhere' }],
  ['#/components/a/b', { view: 'unknown', path: 'components/a/b' }],
  ['#/components/%E0%A4', { view: 'component', id: '%E0%A4' }],
])('%s leads to its view', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

it('the API is found behind any prefix', () => {
  expect(apiAddress('fleet/stream', 'https://host/ui/')).toBe('https://host/v2/fleet/stream');
  expect(apiAddress('fleet/stream', 'https://host/power/ui/#/fleet')).toBe(
    'https://host/power/v2/fleet/stream',
  );
});
